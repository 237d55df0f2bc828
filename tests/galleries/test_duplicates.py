"""The duplicate check at enrolment: who is held, who is not, and what a race can do."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import Agency, QuotaReservation, ReservationState
from galleries.models import ReviewDecision, ReviewItem, ReviewKind
from galleries.services.quality import best_by_rule
from galleries.services.reviewing import decide_review
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.faults import Fault
from searches.measuring import measure
from searches.models import DuplicateCheck, Enrolment, FaceImage, Gallery, JobState, Subject
from searches.services import enrolment as module
from searches.services.duplicates import Held, similarity_in_use
from searches.services.enrolment import enrol_picture, run_enrolment
from searches.vectors import count_templates
from tests.accounts.races import at_once, committed_agency
from tests.factories import make_enrolment, make_gallery, make_license, person_jpeg, provenance_of
from tests.galleries.helpers import ALIKE, at, checking, enrolled, hand_in, held, picture_of

EACH_TEST_ALONE = True

pytestmark = pytest.mark.usefixtures("bells")


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return checking(make_gallery(in_alder))


def templates(gallery: Gallery) -> int:
    assert gallery.contract_id is not None
    return count_templates(contract_pk=gallery.contract_id, galleries=[gallery.pk])


def test_a_picture_like_another_subject_is_held(gallery: Gallery) -> None:
    first = enrolled(gallery, "P-1", 0)
    item = held(gallery, "P-2", 10)
    job = item.enrolment
    assert (job.state, job.reference, job.failure_code) == (JobState.HELD, "P-2", "")
    assert (item.kind, item.other_image_id, item.other_subject_id) == (
        ReviewKind.HELD,
        first.pk,
        first.subject_id,
    )
    assert item.similarity == pytest.approx(0.9848, abs=1e-3)
    assert (item.threshold, item.scale) == (ALIKE, "cosine, made up")
    # Nothing of it is in the gallery.
    assert FaceImage.objects.count() == 1
    assert not Subject.every.filter(reference="P-2").exists()
    assert templates(gallery) == 1
    # Its file is kept, sealed, and its place in the quota is reserved.
    assert len(files_of(job.agency_id).get(job.file_key)) == 32
    reservation = QuotaReservation.objects.get(key=f"enrolment:{job.pk}")
    assert reservation.state == ReservationState.RESERVED
    entry = AuditEntry.objects.get(action=Action.IMAGE_HELD)
    assert entry.data == {
        "gallery": str(gallery.pk),
        "sha256": job.sha256,
        "other": str(first.subject_id),
    }


def test_the_same_subject_and_strangers_are_enrolled(gallery: Gallery) -> None:
    enrolled(gallery, "P-1", 0)
    same = enrolled(gallery, "P-1", 5)
    stranger = enrolled(gallery, "P-2", 60)
    assert same.duplicates_checked
    assert stranger.duplicates_checked
    assert not ReviewItem.objects.exists()


@pytest.mark.parametrize(("degrees", "is_held"), [(25.0, True), (26.5, False)])
def test_the_similarity_is_the_line(gallery: Gallery, degrees: float, is_held: bool) -> None:
    # cos 25.84 degrees = 0.9
    enrolled(gallery, "P-1", 0)
    assert isinstance(hand_in(gallery, "P-2", degrees), Held) is is_held


def test_only_its_own_gallery_counts(gallery: Gallery, in_alder: Agency) -> None:
    other = checking(make_gallery(in_alder, "Other"))
    enrolled(other, "P-1", 0)
    enrolled(gallery, "P-2", 0)


def test_no_check_where_it_is_off(gallery: Gallery) -> None:
    Gallery.objects.update(duplicate_check=DuplicateCheck.OFF)
    gallery.refresh_from_db()
    enrolled(gallery, "P-1", 0)
    assert not enrolled(gallery, "P-2", 0).duplicates_checked


def test_the_published_threshold_is_the_default(gallery: Gallery) -> None:
    checking(gallery, None)
    assert isinstance(hand_in(gallery, "P-1", 0, published=0.95), FaceImage)
    assert isinstance(hand_in(gallery, "P-2", 20, published=0.95), FaceImage)
    assert isinstance(hand_in(gallery, "P-3", 10, published=0.95), Held)
    # An engine without one compares nothing.
    made = hand_in(gallery, "P-4", 0, published=None)
    assert isinstance(made, FaceImage)
    assert not made.duplicates_checked


def test_a_similarity_counts_under_the_engine_it_was_chosen_for(gallery: Gallery) -> None:
    image = enrolled(gallery, "P-1", 0)
    contract = Gallery.objects.get().contract_id
    Gallery.objects.update(duplicate_contract=contract)
    gallery.refresh_from_db()
    assert contract is not None
    assert image.gallery_id == gallery.pk
    assert similarity_in_use(gallery, contract, 0.5) == ALIKE
    assert similarity_in_use(gallery, contract + 1, 0.5) == 0.5
    assert similarity_in_use(gallery, contract + 1, None) is None


def test_a_large_gallery_is_left_to_the_hygiene_run(gallery: Gallery, settings: Any) -> None:
    settings.DUPLICATE_CHECK_TEMPLATES = 2
    for number, degrees in enumerate((0, 60, 120)):
        assert enrolled(gallery, f"P-{number}", degrees).duplicates_checked
        checking(gallery)  # forgets how large it was
    late = enrolled(gallery, "P-9", 0)
    assert not late.duplicates_checked
    assert not ReviewItem.objects.exists()


def test_a_file_that_is_held_is_held_once(gallery: Gallery) -> None:
    enrolled(gallery, "P-1", 0)
    picture = picture_of(at(1))
    facts = {
        "actor": command_actor("test", gallery.agency_id),
        "gallery": gallery,
        "reference": "P-2",
        "picture": picture,
        "provenance": provenance_of(gallery),
    }
    assert isinstance(enrol_picture(**facts), Held)  # type: ignore[arg-type]
    with pytest.raises(Fault) as caught:
        enrol_picture(**facts)  # type: ignore[arg-type]
    assert caught.value.code == "file_is_held"
    assert Enrolment.objects.count() == 1
    assert ReviewItem.objects.count() == 1


def test_people_told_apart_are_not_held_again(gallery: Gallery) -> None:
    """Twins: decided once, every further picture of either goes through."""
    enrolled(gallery, "P-1", 0)
    item = held(gallery, "P-2", 10)
    actor = command_actor("test", gallery.agency_id)
    decide_review(actor=actor, item=item, decision=ReviewDecision.ENROL)
    FaceImage.objects.get()  # not yet: a worker does it
    image = _finish_with(item, 10)
    assert image.subject.reference == "P-2"
    enrolled(gallery, "P-2", 8)
    enrolled(gallery, "P-1", 9)
    assert isinstance(hand_in(gallery, "P-3", 9), Held)


def _finish_with(item: ReviewItem, degrees: float) -> FaceImage:
    """What the worker does with a cleared picture, with a made-up template."""
    job = item.enrolment
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "measure", lambda *asked: picture_of(at(degrees)))
        run_enrolment(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.failure_code
    image: FaceImage = job.image
    return image


# --- With the real engine -----------------------------------------------------------------------


def test_a_drawn_person_under_two_references(models: object, in_alder: Agency) -> None:
    """Through the page's way: the second reference of a person is held, a stranger is not."""
    gallery = checking(make_gallery(in_alder), 0.975)
    for reference, person, picture in (("P-1", 1, 0), ("P-2", 2, 0), ("P-3", 1, 1)):
        job = make_enrolment(gallery, reference, person_jpeg(person, picture))
        run_enrolment(job.pk)
        job.refresh_from_db()
    assert job.state == JobState.HELD
    item = ReviewItem.objects.get()
    assert item.other_subject.reference == "P-1"
    assert item.similarity > 0.975
    assert files_of(in_alder.pk).get(job.portrait_key)[:2] == b"\xff\xd8"
    assert {subject.reference for subject in Subject.objects.all()} == {"P-1", "P-2"}


def test_measures_are_kept_with_the_picture(models: object, in_alder: Agency) -> None:
    gallery = make_gallery(in_alder)
    job = make_enrolment(gallery, "P-1", person_jpeg(1))
    run_enrolment(job.pk)
    image = FaceImage.objects.get()
    found = measure(person_jpeg(1)).found.measures
    assert found is not None
    assert image.measures == found.as_json()
    assert 0 < image.rank <= 100


# --- Races --------------------------------------------------------------------------------------


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Gallery]:
    """A committed gallery that is checked and has a contract already."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        with scope(agency.pk):
            gallery = checking(make_gallery(agency))
            enrolled(gallery, "P-0", 90)
        yield gallery


def test_the_same_person_under_many_references_at_once(town: Gallery) -> None:
    """One face, six references, six threads: exactly one is enrolled, the others are held."""

    def enrol(number: int) -> object:
        with scope(town.agency_id):
            return hand_in(Gallery.objects.get(pk=town.pk), f"R-{number}", number / 10)

    outcomes = at_once(*(partial(enrol, number) for number in range(6)))
    assert sum(isinstance(one, FaceImage) for one in outcomes) == 1
    assert sum(isinstance(one, Held) for one in outcomes) == 5
    with scope(town.agency_id):
        assert FaceImage.objects.count() == 2
        assert ReviewItem.objects.filter(kind=ReviewKind.HELD).count() == 5


def test_many_pictures_of_one_subject_at_once(town: Gallery) -> None:
    """Their subject's picture is written by all of them, without a check that makes them wait."""

    def enrol(number: int) -> object:
        with scope(town.agency_id):
            mine = Gallery.objects.get(pk=town.pk)
            return [hand_in(mine, "P-0", 90 + number + step / 10) for step in range(4)]

    with scope(town.agency_id):
        Gallery.objects.update(duplicate_check=DuplicateCheck.OFF)
    outcomes = at_once(*(partial(enrol, number) for number in range(6)))
    assert [one for one in outcomes if isinstance(one, BaseException)] == []
    with scope(town.agency_id):
        assert FaceImage.objects.count() == 25
        subject = Subject.objects.get()
        assert subject.best_image_id == best_by_rule(subject).pk  # type: ignore[union-attr]
