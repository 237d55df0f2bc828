"""What a request was granted to erase is erased, proved, and told to the person."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import Actor
from accounts.permissions import Permission
from galleries.models import Erasure, ErasureCause, ErasureTarget
from galleries.services.erasing import run_erasure
from oversight.faults import Fault
from oversight.models import RequestLetter, SubjectRequest
from oversight.services.requests.erasing import erase_chosen
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import FaceImage
from tests.factories import make_image
from tests.galleries.cast_retention import make_hold, release
from tests.oversight.requests_cast import WHY, decided, in_work, make_request, two_handlers
from tests.searches.committed import Place, committed_place

EACH_TEST_ALONE = True


@pytest.fixture
def place(
    models: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with django_db_blocker.unblock(), committed_place() as made, scope(made.agency.pk):
        yield made


@pytest.fixture
def handlers(place: Place) -> tuple[Actor, Actor]:
    return two_handlers(place.agency)


@pytest.fixture
def image(place: Place) -> FaceImage:
    return make_image(place.other, "P-50")


@pytest.fixture
def asked(place: Place, handlers: tuple[Actor, Actor], image: FaceImage) -> SubjectRequest:
    """An erasure that was granted: one subject is chosen."""
    request = make_request(place.agency, kind="erasure")
    return decided(in_work(request, handlers[0], "P-50"), handlers[1])


def code_of(actor: Actor, request: SubjectRequest) -> str:
    with pytest.raises(Fault) as caught:
        erase_chosen(actor=actor, request=request)
    return caught.value.code


def test_it_is_marked_and_told_when_the_receipt_is_there(
    asked: SubjectRequest, handlers: tuple[Actor, Actor], image: FaceImage
) -> None:
    erasure = erase_chosen(actor=handlers[0], request=asked)
    assert (erasure.target, erasure.cause) == (ErasureTarget.SUBJECTS, ErasureCause.DEMAND)
    assert (erasure.request_id, erasure.reason) == (asked.pk, WHY)
    asked.refresh_from_db()
    assert asked.is_to_be_erased
    assert code_of(handlers[0], asked) == "request_erasure_asked"
    run_erasure(erasure.pk)
    asked = SubjectRequest.objects.get(pk=asked.pk)
    assert not asked.is_to_be_erased
    assert asked.erased_by_label == "system (requests)"
    assert RequestLetter.objects.filter(request=asked, about="erased").exists()
    assert not FaceImage.objects.filter(pk=image.pk).exists()
    done = AuditEntry.objects.filter(subject_id=str(asked.pk)).order_by("id")
    actions = [entry.action for entry in done if "eras" in entry.action]
    assert actions == ["subject_request.erasure_asked", "subject_request.erasure_done"]
    assert code_of(handlers[0], asked) == "request_erased"


def test_a_hold_keeps_the_subject_and_the_request_stays_open(
    asked: SubjectRequest, handlers: tuple[Actor, Actor], image: FaceImage
) -> None:
    hold = make_hold(image)
    assert code_of(handlers[0], asked) == "image_under_hold"
    assert not Erasure.objects.filter(request_id=asked.pk).exists()
    release(hold)
    erasure = erase_chosen(actor=handlers[0], request=asked)
    hold = make_hold(image)
    run_erasure(erasure.pk)
    asked.refresh_from_db()
    assert asked.is_to_be_erased
    release(hold)
    again = erase_chosen(actor=handlers[0], request=asked)
    assert again.pk != erasure.pk
    run_erasure(again.pk)
    asked.refresh_from_db()
    assert asked.erased_at


def test_nothing_left_to_erase_is_said(place: Place, handlers: tuple[Actor, Actor]) -> None:
    request = make_request(place.agency, kind="erasure")
    granted = decided(in_work(request, handlers[0]), handlers[1])
    assert code_of(handlers[0], granted) == "request_nothing_to_erase"


def test_it_takes_the_right_to_erase_and_the_one_to_handle(
    asked: SubjectRequest, handlers: tuple[Actor, Actor]
) -> None:
    for missing in (Permission.ERASE, Permission.HANDLE_REQUESTS):
        short = replace(handlers[0], permissions=handlers[0].permissions - {missing})
        with pytest.raises(PermissionDenied):
            erase_chosen(actor=short, request=asked)
    assert not Erasure.objects.filter(request_id=asked.pk).exists()


def test_an_undecided_request_erases_nothing(
    place: Place, handlers: tuple[Actor, Actor], image: FaceImage
) -> None:
    request = in_work(make_request(place.agency, kind="erasure"), handlers[0], "P-50")
    assert code_of(handlers[0], request) == "request_erased"
    assert FaceImage.objects.filter(pk=image.pk).exists()
