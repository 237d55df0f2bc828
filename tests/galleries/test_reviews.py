"""Decisions of the review queue: what each does, who may, and what stays as it was."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import files_of
from accounts.actor import Actor, command_actor
from accounts.models import Agency, QuotaReservation, ReservationState, User
from accounts.permissions import Permission
from galleries.models import Erasure, ReviewDecision, ReviewItem, ReviewKind, ReviewState
from galleries.services.forgetting_held import forget_held
from galleries.services.moving import merge_subjects, move_image
from galleries.services.reviewing import decide_review, decisions_on, keep_all
from galleries.subject_history import history_of
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.storage import MissingFile
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import (
    Candidate,
    Enrolment,
    FaceImage,
    Gallery,
    JobState,
    Search,
    Subject,
)
from searches.services import enrolment as enrolling
from searches.services.enrolment import run_enrolment
from searches.vectors import nearest_subjects
from tests.accounts.races import at_once, committed_agency
from tests.factories import (
    make_case,
    make_enrolment,
    make_gallery,
    make_license,
    make_probe,
    make_search,
)
from tests.factories import person_jpeg as drawn
from tests.galleries.helpers import at, checking, enrolled, hand_in, held, picture_of

EACH_TEST_ALONE = True

pytestmark = pytest.mark.usefixtures("bells")


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return checking(make_gallery(in_alder))


@pytest.fixture
def actor(in_alder: Agency) -> Actor:
    return command_actor("test", in_alder.pk)


def finding(image: FaceImage, other: FaceImage | None, kind: ReviewKind) -> ReviewItem:
    item: ReviewItem = ReviewItem.objects.create(
        kind=kind,
        gallery_id=image.gallery_id,
        image=image,
        subject=image.subject,
        other_image=other,
        other_subject=other.subject if other else None,
        similarity=0.95,
        threshold=0.9,
        scale="cosine",
    )
    return item


def work_off(item: ReviewItem, degrees: float) -> Enrolment:
    """The worker's part for a cleared picture, with a made-up template."""
    assert item.enrolment_id is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enrolling, "measure", lambda *asked: picture_of(at(degrees)))
        run_enrolment(item.enrolment_id)
    job: Enrolment = Enrolment.objects.get(pk=item.enrolment_id)
    return job


def pictures_of(reference: str) -> int:
    return FaceImage.objects.filter(subject__reference=reference).count()


def owner_in_templates(gallery: Gallery, degrees: float) -> object:
    """Whose the closest template is, as a search sees it."""
    (hit,) = nearest_subjects(
        at(degrees), contract_pk=gallery.contract_id or 0, galleries=[gallery.pk], limit=1
    )
    return hit.subject_id


# --- Held pictures ------------------------------------------------------------------------------


def test_enrol_it_anyway(gallery: Gallery, actor: Actor) -> None:
    enrolled(gallery, "P-1", 0)
    item = held(gallery, "P-2", 10)
    decide_review(actor=actor, item=item, decision=ReviewDecision.ENROL, reason="Twins")
    job = work_off(item, 10)
    assert job.state == JobState.DONE
    assert (job.file_key, job.portrait_key) == ("", "")
    assert (pictures_of("P-1"), pictures_of("P-2")) == (1, 1)
    reservation = QuotaReservation.objects.get(key=f"enrolment:{job.pk}")
    assert reservation.state == ReservationState.COMMITTED
    item.refresh_from_db()
    assert (item.state, item.decision, item.reason) == ("decided", "enrol", "Twins")
    entry = AuditEntry.objects.get(action=Action.GALLERY_REVIEW_DECIDED)
    assert "Twins" not in str(entry.data)


def test_add_it_to_the_other_subject(gallery: Gallery, actor: Actor) -> None:
    first = enrolled(gallery, "P-1", 0)
    item = held(gallery, "P-2", 10)
    decide_review(actor=actor, item=item, decision=ReviewDecision.ADD)
    job = work_off(item, 10)
    assert job.image.subject_id == first.subject_id
    assert not Subject.every.filter(reference="P-2").exists()


def test_discard_it(gallery: Gallery, actor: Actor) -> None:
    enrolled(gallery, "P-1", 0)
    item = held(gallery, "P-2", 10)
    keys = item.enrolment.file_key, item.enrolment.portrait_key
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "on_commit", lambda act, **_: act())
        decide_review(actor=actor, item=item, decision=ReviewDecision.DISCARD)
    job = Enrolment.objects.get()
    assert (job.state, job.failure_code) == (JobState.FAILED, "review_discarded")
    for key in keys:
        with pytest.raises(MissingFile):
            files_of(job.agency_id).get(key)
    reservation = QuotaReservation.objects.get(key=f"enrolment:{job.pk}")
    assert reservation.state == ReservationState.RELEASED
    assert FaceImage.objects.count() == 1


def test_a_held_picture_needs_its_review(gallery: Gallery) -> None:
    """The database: nothing is held without an open question about it."""
    enrolled(gallery, "P-1", 0)
    item = held(gallery, "P-2", 10)
    assert item.enrolment_id is not None
    with pytest.raises(DatabaseError, match="review queue"), transaction.atomic():
        ReviewItem.objects.filter(pk=item.pk).update(
            state="decided", decision="enrol", decided_by_label="x", decided_at=item.created_at
        )
        Enrolment.objects.filter(pk=item.enrolment_id).update(state="queued")
        Enrolment.objects.filter(pk=item.enrolment_id).update(state="held")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- Findings -----------------------------------------------------------------------------------


def test_merge(gallery: Gallery, actor: Actor) -> None:
    a1, a2 = enrolled(gallery, "A", 0), enrolled(gallery, "A", 3)
    b = enrolled(gallery, "B", 60)
    item = finding(a1, b, ReviewKind.DUPLICATE)
    stale = finding(a2, b, ReviewKind.CLOSER)
    decide_review(actor=actor, item=item, decision=ReviewDecision.MERGE, reason="Same person")
    assert pictures_of("B") == 3
    assert not Subject.objects.filter(reference="A").exists()
    assert owner_in_templates(gallery, 0) == b.subject_id
    stale.refresh_from_db()
    assert (stale.state, stale.decision) == (ReviewState.DECIDED, ReviewDecision.GONE)
    # The old reference leads to the other subject, on every way of enrolling.
    late = enrolled(gallery, "A", 2)
    assert late.subject_id == b.subject_id
    entry = AuditEntry.objects.get(action=Action.SUBJECT_MERGED)
    assert entry.data == {"gallery": str(gallery.pk), "into": str(b.subject_id), "images": 2}


def test_a_subject_shows_what_was_moved_and_merged(gallery: Gallery, actor: Actor) -> None:
    a, b, c = (enrolled(gallery, name, n * 40) for n, name in enumerate("ABC"))
    more = enrolled(gallery, "C", 81)
    move_image(actor=actor, image=more, to=b.subject)
    merge_subjects(actor=actor, subject=a.subject, into=b.subject)
    words = [str(act.words) for act in history_of(b.subject)]
    assert words[:2] == ["Subject merged into another", "Picture moved to another subject"]
    assert [str(act.words) for act in history_of(c.subject)] == ["Picture enrolled"]


def test_merge_of_merged(gallery: Gallery, actor: Actor) -> None:
    a, b, c = (enrolled(gallery, name, turn) for name, turn in (("A", 0), ("B", 60), ("C", 120)))
    merge_subjects(actor=actor, subject=a.subject, into=b.subject)
    merge_subjects(actor=actor, subject=b.subject, into=c.subject)
    assert pictures_of("C") == 3
    assert {row.merged_into for row in Subject.every.exclude(pk=c.subject_id)} == {c.subject_id}
    with pytest.raises(Fault) as caught:
        merge_subjects(actor=actor, subject=c.subject, into=a.subject)
    assert caught.value.code == "review_changed"


def test_move(gallery: Gallery, actor: Actor) -> None:
    enrolled(gallery, "A", 0)
    wrong = enrolled(gallery, "A", 50)
    b = enrolled(gallery, "B", 80)
    item = finding(wrong, b, ReviewKind.CLOSER)
    decide_review(actor=actor, item=item, decision=ReviewDecision.MOVE, reason="Mixed up")
    assert (pictures_of("A"), pictures_of("B")) == (1, 2)
    assert owner_in_templates(gallery, 50) == b.subject_id
    entry = AuditEntry.objects.get(action=Action.IMAGE_MOVED)
    assert entry.data["to"] == str(b.subject_id)


def test_keep_is_remembered(gallery: Gallery, actor: Actor) -> None:
    a, b = enrolled(gallery, "A", 0), enrolled(gallery, "B", 40)
    item = finding(a, b, ReviewKind.DUPLICATE)
    assert keep_all(actor=actor, items=[item]) == 1
    assert keep_all(actor=actor, items=[item]) == 0
    assert enrolled(gallery, "A", 38)  # 2 degrees from B: held, had nobody told them apart


def test_remove_asks_for_an_erasure(gallery: Gallery, actor: Actor) -> None:
    a = enrolled(gallery, "A", 0)
    item = finding(a, None, ReviewKind.OUTLIER)
    reason = "The picture shows a statue"
    decide_review(actor=actor, item=item, decision=ReviewDecision.REMOVE, reason=reason)
    erasure = Erasure.objects.get()
    assert (erasure.cause, erasure.target, erasure.target_ids) == ("hygiene", "images", [a.pk])
    assert erasure.reason == reason


def test_removing_takes_the_right_to_erase(gallery: Gallery, actor: Actor) -> None:
    item = finding(enrolled(gallery, "A", 0), None, ReviewKind.OUTLIER)
    clerk = replace(actor, permissions=actor.permissions - {Permission.ERASE})
    with pytest.raises(PermissionDenied), transaction.atomic():
        decide_review(
            actor=clerk, item=item, decision=ReviewDecision.REMOVE, reason="No face at all"
        )
    item.refresh_from_db()
    assert item.is_open
    assert not Erasure.objects.exists()


def test_what_is_held_of_an_erased_person_goes_too(gallery: Gallery, actor: Actor) -> None:
    a, b = enrolled(gallery, "A", 0), enrolled(gallery, "B", 60)
    same, other = held(gallery, "A", 55), held(gallery, "C", 57)
    stranger = held(gallery, "D", 5)
    found = finding(b, a, ReviewKind.DUPLICATE)
    forget_held([b.pk], [b.subject_id])
    states = {job.reference: job.state for job in Enrolment.objects.all()}
    # The first is said to be A, and looks like B.
    assert states == {"A": JobState.FAILED, "C": JobState.FAILED, "D": JobState.HELD}
    for item in (same, other, found, stranger):
        item.refresh_from_db()
    assert (same.decision, other.decision) == (ReviewDecision.DISCARD, ReviewDecision.DISCARD)
    assert (found.decision, stranger.decision) == (ReviewDecision.GONE, "")


def test_what_may_be_decided(gallery: Gallery, actor: Actor) -> None:
    a, b = enrolled(gallery, "A", 0), enrolled(gallery, "B", 60)
    alone = finding(a, None, ReviewKind.OUTLIER)
    pair = finding(a, b, ReviewKind.DUPLICATE)
    assert decisions_on(alone) == [ReviewDecision.REMOVE, ReviewDecision.KEEP]
    assert ReviewDecision.MERGE in decisions_on(pair)
    for item, decision, code in (
        (alone, ReviewDecision.MERGE, "review_no_such_decision"),
        (pair, ReviewDecision.ENROL, "review_no_such_decision"),
        (pair, ReviewDecision.MERGE, "review_reason_missing"),
    ):
        with pytest.raises(Fault) as caught:
            decide_review(actor=actor, item=item, decision=decision)
        assert caught.value.code == code
    move_image(actor=actor, image=a, to=b.subject)
    assert decisions_on(pair) == [ReviewDecision.GONE]
    assert not ReviewItem.objects.filter(state=ReviewState.DECIDED).exists()


def test_a_decision_is_made_once(gallery: Gallery, actor: Actor) -> None:
    a, b = enrolled(gallery, "A", 0), enrolled(gallery, "B", 60)
    item = finding(a, b, ReviewKind.DUPLICATE)
    decide_review(actor=actor, item=item, decision=ReviewDecision.KEEP)
    with pytest.raises(Fault) as caught:
        decide_review(actor=actor, item=item, decision=ReviewDecision.MERGE, reason="Same")
    assert caught.value.code == "review_decided"
    with pytest.raises(DatabaseError, match="review_decided"), transaction.atomic():
        ReviewItem.objects.filter(pk=item.pk).update(decision="merge")
    with pytest.raises(DatabaseError, match="not deleted"), transaction.atomic():
        ReviewItem.objects.filter(pk=item.pk).delete()


def test_who_may_not_decide(
    gallery: Gallery,
    in_alder: Agency,
    ana: User,
    eli: User,
    as_actor: Callable[[User, Agency], Actor],
) -> None:
    a, b = enrolled(gallery, "A", 0), enrolled(gallery, "B", 60)
    item = finding(a, b, ReviewKind.DUPLICATE)
    denied = as_actor(eli, in_alder)
    for act in (
        partial(decide_review, item=item, decision=ReviewDecision.MERGE, reason="Same person"),
        partial(merge_subjects, subject=a.subject, into=b.subject),
        partial(move_image, image=a, to=b.subject),
    ):
        with pytest.raises(PermissionDenied):
            act(actor=denied)
    item.refresh_from_db()
    assert item.is_open
    assert (pictures_of("A"), pictures_of("B")) == (1, 1)


# --- The database -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE searches_faceimage SET sha256 = repeat('a', 64) WHERE id = %(a)s",
        "UPDATE searches_faceimage SET rank = 99 WHERE id = %(a)s",
        "UPDATE searches_faceimage SET measures = '{\"yaw\": 1}' WHERE id = %(a)s",
        "UPDATE searches_subject SET best_image_id = %(b)s WHERE id = %(subject)s",
        "UPDATE searches_subject SET merged_into = id WHERE id = %(subject)s",
        "UPDATE searches_subject SET merged_into = %(other)s WHERE id = %(subject)s",
    ],
)
def test_what_the_database_refuses(gallery: Gallery, statement: str) -> None:
    a, b = enrolled(gallery, "A", 0), enrolled(gallery, "B", 60)
    values = {"a": a.pk, "b": b.pk, "subject": a.subject_id, "other": b.subject_id}
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_picture_does_not_leave_its_gallery(gallery: Gallery, in_alder: Agency) -> None:
    a = enrolled(gallery, "A", 0)
    b = enrolled(make_gallery(in_alder, "Other"), "B", 0)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE searches_faceimage SET subject_id = %s WHERE id = %s", [b.subject_id, a.pk]
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_nothing_is_enrolled_under_a_merged_subject(gallery: Gallery, actor: Actor) -> None:
    a, b = enrolled(gallery, "A", 0), enrolled(gallery, "B", 60)
    merge_subjects(actor=actor, subject=a.subject, into=b.subject)
    with pytest.raises(DatabaseError, match="subject_merged"), transaction.atomic():
        FaceImage.objects.filter(pk=b.pk).update(subject_id=a.subject_id)


def test_an_erased_person_keeps_no_other_reference(gallery: Gallery, actor: Actor) -> None:
    a, b = enrolled(gallery, "A", 0), enrolled(gallery, "B", 60)
    merge_subjects(actor=actor, subject=a.subject, into=b.subject)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE searches_subject SET erased_at = now(), reference_mark = '',"
            " reference_sealed = '' WHERE id = %s",
            [b.subject_id],
        )
    assert {subject.reference for subject in Subject.every.all()} == {""}
    assert set(Subject.every.values_list("reference", "reference_sealed")) == {(b"", b"")}
    assert set(Subject.every.values_list("best_image_id", flat=True)) == {None}


# --- Searches of before -------------------------------------------------------------------------


def test_candidates_of_searches_stay_as_they_were_found(
    models: object, in_alder: Agency, actor: Actor
) -> None:
    gallery = make_gallery(in_alder)
    for reference, person in (("A", 1), ("B", 2)):
        run_enrolment(make_enrolment(gallery, reference, drawn(person)).pk)
    a, b = (FaceImage.objects.get(subject__reference=name) for name in ("A", "B"))
    search: Search = make_search(make_probe(make_case(in_alder), drawn(1, 1)), [gallery])
    before = list(search.candidates.values_list("rank", "subject_id", "image_id", "similarity"))
    assert len(before) == 2
    merge_subjects(actor=actor, subject=a.subject, into=b.subject)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    after = list(search.candidates.values_list("rank", "subject_id", "image_id", "similarity"))
    assert after == before
    first = Candidate.objects.get(search=search, rank=1)
    assert first.subject.reference == "A"  # as it was called then
    assert first.image.subject.reference == "B"
    again = make_search(make_probe(make_case(in_alder, "2"), drawn(1, 2)), [gallery])
    assert [one.subject_id for one in again.candidates.all()] == [b.subject_id]


# --- Races --------------------------------------------------------------------------------------


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Gallery]:
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        with scope(agency.pk):
            gallery = checking(make_gallery(agency))
        yield gallery


def test_two_people_decide_at_once(town: Gallery) -> None:
    """A merge and a move of the same pair: one counts, the other is told that it is too late."""
    with scope(town.agency_id):
        a, b = enrolled(town, "A", 0), enrolled(town, "B", 60)
        item = finding(a, b, ReviewKind.DUPLICATE)

    def decide(decision: ReviewDecision) -> object:
        with scope(town.agency_id):
            actor = command_actor("test", town.agency_id)
            return decide_review(actor=actor, item=item, decision=decision, reason="Same person")

    outcomes = at_once(partial(decide, ReviewDecision.MERGE), partial(decide, ReviewDecision.MOVE))
    codes = sorted(getattr(one, "code", "done") for one in outcomes)
    assert codes == ["done", "review_decided"]
    with scope(town.agency_id):
        assert pictures_of("B") == 2


def test_merges_across_each_other_at_once(town: Gallery) -> None:
    """A into B while B goes into A: one of them, and nobody is lost."""
    with scope(town.agency_id):
        a, b = enrolled(town, "A", 0), enrolled(town, "B", 60)

    def merge(one: FaceImage, two: FaceImage) -> object:
        with scope(town.agency_id):
            actor = command_actor("test", town.agency_id)
            return merge_subjects(actor=actor, subject=one.subject, into=two.subject)

    outcomes = at_once(partial(merge, a, b), partial(merge, b, a))
    assert sorted(getattr(one, "code", "done") for one in outcomes) == ["done", "review_changed"]
    with scope(town.agency_id):
        (left,) = Subject.objects.all()
        assert left.images.count() == 2


def test_enrolling_while_the_subject_is_merged(town: Gallery) -> None:
    """Pictures that come in under the old reference end up with the subject that is left."""
    with scope(town.agency_id):
        a, b = enrolled(town, "A", 0), enrolled(town, "B", 60)

    def merge() -> object:
        with scope(town.agency_id):
            actor = command_actor("test", town.agency_id)
            return merge_subjects(actor=actor, subject=a.subject, into=b.subject)

    def enrol(number: int) -> object:
        with scope(town.agency_id):
            return hand_in(Gallery.objects.get(pk=town.pk), "A", number)

    outcomes = at_once(merge, *(partial(enrol, number) for number in (1, 2, 3)))
    strange = [
        one
        for one in outcomes
        if isinstance(one, BaseException) and "subject_merged" not in str(one)
    ]
    assert strange == []
    with scope(town.agency_id):
        assert not FaceImage.objects.exclude(subject=b.subject_id).exists()
