"""What a run asks for is erased by the worker, and a hold that came meanwhile still keeps it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from galleries.models import Erasure, ErasurePhase
from galleries.services.erasing import run_erasure
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import FaceImage, JobState, Subject
from tests.galleries.cast_retention import make_expired, make_hold, make_run, release
from tests.searches.committed import Place, committed_place

EACH_TEST_ALONE = True


@pytest.fixture
def place(
    models: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with django_db_blocker.unblock(), committed_place() as made, scope(made.agency.pk):
        yield made


def test_what_has_expired_is_gone_with_its_subject(place: Place) -> None:
    image = make_expired(place.other, "P-77")
    run = make_run(place.agency)
    run_erasure(run.erasures[0])
    erasure = Erasure.objects.get(pk=run.erasures[0])
    assert (erasure.state, erasure.phase) == (JobState.DONE, ErasurePhase.PROVED)
    assert not FaceImage.objects.filter(pk=image.pk).exists()
    assert Subject.every.get(pk=image.subject_id).reference == ""
    entry = AuditEntry.objects.get(action="image.erased", subject_id=str(image.pk))
    assert entry.data["cause"] == "expired"


def test_a_hold_that_came_meanwhile_keeps_it(place: Place) -> None:
    image = make_expired(place.other, "P-78")
    run = make_run(place.agency)
    hold = make_hold(image.subject)
    run_erasure(run.erasures[0])
    erasure = Erasure.objects.get(pk=run.erasures[0])
    assert (erasure.state, erasure.failure_code) == (JobState.FAILED, "image_under_hold")
    assert FaceImage.objects.get(pk=image.pk).file_key
    release(hold)
    again = make_run(place.agency)  # a failed one is not under way: it is asked for anew
    run_erasure(again.erasures[0])
    assert not FaceImage.objects.filter(pk=image.pk).exists()
