"""The queue behind enrolment's questions (searches.services.review_queue)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q

from galleries.models import ReviewDecision, ReviewItem, ReviewKind, ReviewState
from searches.models import Enrolment, Subject
from searches.services.holding import known_subject
from searches.vectors import Hit

# Decisions that say of two subjects that they are two people.
APART = [ReviewDecision.ENROL, ReviewDecision.KEEP]


class Queue:
    """Held pictures come into the queue as they are held."""

    def told_apart(self, subject: Subject, others: Sequence[UUID]) -> set[UUID]:
        pairs = apart_pairs(Q(gallery_id=subject.gallery_id))
        return {other for other in others if frozenset((subject.pk, other)) in pairs}

    def add_held(self, enrolment: Enrolment, hit: Hit, *, least: float, scale: str) -> None:
        known = known_subject(enrolment.gallery, enrolment.reference)
        ReviewItem.objects.create(
            kind=ReviewKind.HELD,
            gallery_id=enrolment.gallery_id,
            enrolment=enrolment,
            subject=known,
            other_subject_id=hit.subject_id,
            other_image_id=hit.image_id,
            similarity=hit.similarity,
            threshold=least,
            scale=scale,
        )


def apart_pairs(of: Q) -> set[frozenset[UUID]]:
    """Pairs of subjects that a person told apart, by who they are today."""
    rows = ReviewItem.objects.filter(of, state=ReviewState.DECIDED, decision__in=APART)
    found = rows.exclude(other_subject=None).values_list(
        "subject_id", "enrolment__image__subject_id", "other_subject_id"
    )
    pairs = [(enrolled or subject, other) for subject, enrolled, other in found]
    today = survivors({key for pair in pairs for key in pair if key})
    return {frozenset((today[a], today[b])) for a, b in pairs if a and b}


def survivors(subjects: Iterable[UUID]) -> dict[UUID, UUID]:
    """Who each of these subjects is today: itself, or the one that it was merged into."""
    keys = set(subjects)
    merged = Subject.every.filter(pk__in=keys).exclude(merged_into=None)
    others = merged.values_list("pk", "merged_into")
    return {key: key for key in keys} | {pk: other for pk, other in others if other}
