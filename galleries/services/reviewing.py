"""Decisions on held pictures and on findings. Each is made once, on record, and takes effect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actor import Actor
from galleries.models import ReviewDecision, ReviewItem, ReviewKind, ReviewState
from galleries.services.moving import merge_subjects, move_image, require_reviewer
from galleries.services.removing import remove_image
from galleries.services.review_queue import survivors
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.marked import as_stored
from searches.models import FaceImage, Subject
from searches.services import jobs
from searches.services.enrolment import NO_FILES, forget_files
from searches.services.metering import give_back

OF_HELD = (ReviewDecision.ENROL, ReviewDecision.ADD, ReviewDecision.DISCARD)
OF_FINDING = (
    ReviewDecision.MERGE,
    ReviewDecision.MOVE,
    ReviewDecision.REMOVE,
    ReviewDecision.KEEP,
)
WITH_REASON = (ReviewDecision.MERGE, ReviewDecision.MOVE, ReviewDecision.REMOVE)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a finding is about, as it is now."""

    image: FaceImage
    other: Subject | None


def decisions_on(item: ReviewItem) -> list[ReviewDecision]:
    """What may be decided now."""
    if item.kind == ReviewKind.HELD:
        return list(OF_HELD)
    standing = standing_of(item)
    if standing is None:
        return [ReviewDecision.GONE]
    if standing.other is None:
        return [ReviewDecision.REMOVE, ReviewDecision.KEEP]
    return list(OF_FINDING)


@transaction.atomic
def decide_review(
    *, actor: Actor, item: ReviewItem, decision: ReviewDecision, reason: str = ""
) -> ReviewItem:
    """Decide on one item. Raises Fault; then nothing has changed."""
    require_reviewer(actor)
    reason = reason.strip()
    row = ReviewItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if not row.is_open:
        raise Fault("review_decided")
    if decision not in decisions_on(row):
        raise Fault("review_no_such_decision")
    if decision in WITH_REASON and not reason:
        raise Fault("review_reason_missing")
    _close(actor, row, decision, reason)
    ACTS[decision](actor, row)
    return row


def keep_all(*, actor: Actor, items: Sequence[ReviewItem]) -> int:
    """Keep the findings among these as they are; returns how many were open."""
    kept = 0
    for item in items:
        if item.kind == ReviewKind.HELD:
            continue
        try:
            decide_review(actor=actor, item=item, decision=ReviewDecision.KEEP)
            kept += 1
        except Fault as fault:
            if fault.code not in ("review_decided", "review_no_such_decision"):
                raise
    return kept


def standing_of(item: ReviewItem) -> Standing | None:
    """Whether a finding is still one: its picture is there, and of whom it was."""
    today = survivors(filter(None, [item.subject_id, item.other_subject_id]))
    if item.image_id is None:
        return None
    image = FaceImage.objects.select_related("subject").filter(pk=item.image_id).first()
    if image is None or item.subject_id is None or image.subject_id != today[item.subject_id]:
        return None
    if item.other_subject_id is None:
        return Standing(image, None)
    other = Subject.objects.filter(pk=today[item.other_subject_id]).first()
    if other is None or other.pk == image.subject_id:
        return None
    return Standing(image, other)


def close_gone(actor: Actor, gallery_id: UUID, images: Sequence[UUID]) -> None:
    """Close the other open findings about pictures that moved or went; the next run looks again."""
    about = Q(image_id__in=images) | Q(other_image_id__in=images)
    rows = ReviewItem.objects.select_for_update(of=("self",)).exclude(kind=ReviewKind.HELD)
    for row in rows.filter(about, gallery_id=gallery_id, state=ReviewState.OPEN):
        if standing_of(row) is None:
            _close(actor, row, ReviewDecision.GONE, "")


def close_as(actor: Actor, row: ReviewItem, decision: ReviewDecision) -> None:
    """Close an open review without a person: what it was about is erased. Held still already."""
    _close(actor, row, decision, "")
    ACTS[decision](actor, row)


def _close(actor: Actor, row: ReviewItem, decision: ReviewDecision, reason: str) -> None:
    row.reason = reason
    ReviewItem.objects.filter(pk=row.pk).update(
        state=ReviewState.DECIDED,
        decision=decision,
        decided_by_id=actor.user_id,
        decided_by_label=actor.label,
        decided_at=Now(),
        reason_sealed=row.reason_sealed,
    )
    row.refresh_from_db()
    facts = {"kind": row.kind, "decision": str(decision), "gallery": str(row.gallery_id)}
    record(actor, Action.GALLERY_REVIEW_DECIDED, row, facts, content={"reason": reason})


def _standing(item: ReviewItem) -> Standing:
    standing = standing_of(item)
    if standing is None:
        raise Fault("review_changed")
    return standing


def _other(item: ReviewItem) -> tuple[FaceImage, Subject]:
    standing = _standing(item)
    if standing.other is None:
        raise Fault("review_no_such_decision")
    return standing.image, standing.other


# --- What the decisions do ----------------------------------------------------------------------


def _enrol(actor: Actor, item: ReviewItem, **changed: bytes) -> None:
    """Have a worker measure and enrol it; a person has looked, so nothing is compared again."""
    jobs.release(item.enrolment, is_cleared=True, **changed)
    ring("searches.tasks.run_enrolment", item.agency_id, str(item.enrolment_id))


def _add(actor: Actor, item: ReviewItem) -> None:
    key = item.other_subject_id
    other = Subject.objects.filter(pk=survivors([key])[key]).first() if key else None
    if other is None:
        raise Fault("review_changed")
    item.enrolment.reference = other.reference
    _enrol(actor, item, **as_stored(item.enrolment, "reference"))


def _discard(actor: Actor, item: ReviewItem) -> None:
    job = item.enrolment
    forget_files(job)
    jobs.give_up(job, "review_discarded", **NO_FILES)
    give_back(job)
    facts = {"gallery": str(job.gallery_id), "code": "review_discarded"}
    record(actor, Action.IMAGE_REJECTED, job, facts)


def _merge(actor: Actor, item: ReviewItem) -> None:
    image, other = _other(item)
    moved = merge_subjects(actor=actor, subject=image.subject, into=other)
    close_gone(actor, item.gallery_id, moved)


def _move(actor: Actor, item: ReviewItem) -> None:
    image, other = _other(item)
    move_image(actor=actor, image=image, to=other)
    close_gone(actor, item.gallery_id, [image.pk])


def _remove(actor: Actor, item: ReviewItem) -> None:
    image = _standing(item).image
    remove_image(actor, image, item)
    close_gone(actor, item.gallery_id, [image.pk])


def _keep(actor: Actor, item: ReviewItem) -> None:
    """Everything stays as it is; a later run does not ask again about what was kept."""


ACTS: dict[ReviewDecision, Callable[[Actor, ReviewItem], None]] = {
    ReviewDecision.ENROL: _enrol,
    ReviewDecision.ADD: _add,
    ReviewDecision.DISCARD: _discard,
    ReviewDecision.MERGE: _merge,
    ReviewDecision.MOVE: _move,
    ReviewDecision.REMOVE: _remove,
    ReviewDecision.KEEP: _keep,
    ReviewDecision.GONE: _keep,
}
