"""After a restore: what is erased again, whatever keeps it in the restored rows."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import command_actor
from accounts.models import Agency, DestructionReceipt
from galleries.models import HoldTarget, LegalHold
from galleries.services.erasing_again import erase_all_again
from galleries.services.holds import Held, place_hold
from portal.erasure_journal import journal
from portal.tenancy import platform_scope, scope
from searches.models import FaceImage, Subject
from tests.accounts.races import committed_agency
from tests.factories import make_gallery, make_image, make_license

EACH_TEST_ALONE = True


@pytest.fixture
def town(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, bells: object, models: Path
) -> Iterator[Agency]:
    """An agency whose rows are committed, with three pictures."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        with scope(agency.pk):
            gallery = make_gallery(agency)
            for reference in ("P-1", "P-2", "P-3"):
                make_image(gallery, reference)
        yield agency


def references() -> list[str]:
    return sorted(subject.reference for subject in Subject.objects.all())


def test_a_hold_of_the_backup_that_was_released_since_keeps_nothing(town: Agency) -> None:
    with scope(town.pk):
        held = FaceImage.objects.get(subject__reference="P-1")
        place_hold(
            actor=command_actor("test", town.pk),
            on=Held(HoldTarget.IMAGE, held.gallery, image=held),
            reason="A court asked for it",
            submission_key=uuid.uuid4(),
        )
        subject = Subject.objects.get(reference="P-2")
        journal().append("one", {"images": [held.pk]})
        journal().append("two", {"subjects": [subject.pk]})
    assert erase_all_again(journal()).counts == {"subjects": 1, "images": 1}
    with scope(town.pk):
        assert references() == ["P-3"]
        assert LegalHold.objects.get().released_at is not None
    assert erase_all_again(journal()).counts == {}, "nothing is left to do"


def test_an_agency_that_ended_ends_again(town: Agency) -> None:
    journal().append("end", {"agency": [town.pk]})
    assert erase_all_again(journal()).counts == {"agency": 1}
    with platform_scope():
        agency = Agency.objects.get(pk=town.pk)
    assert (bytes(agency.data_key), agency.state) == (b"", "closed")
    with scope(town.pk):
        assert not FaceImage.every.exists()
        assert DestructionReceipt.objects.exists()
