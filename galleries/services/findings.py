"""Putting findings of a hygiene run into the queue, each of them once."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from galleries.hygiene import Oddity, Population
from galleries.models import HygieneRun, ReviewDecision, ReviewItem, ReviewKind, ReviewState

MOST = 2000
"""Open findings of one gallery; more are counted, and found again by the next run."""


def add_findings(run: HygieneRun, population: Population, found: Sequence[Oddity]) -> None:
    """Count findings, and add those that nobody has open or decided to keep."""
    if not found:
        return
    images = [population.images[one.image] for one in found]
    rows = ReviewItem.objects.filter(gallery_id=run.gallery_id).exclude(kind=ReviewKind.HELD)
    settled = _settled(rows.filter(image_id__in=images))
    pairs = _open_pairs(rows.filter(state=ReviewState.OPEN))
    room = MOST - rows.filter(state=ReviewState.OPEN).count()
    new: list[ReviewItem] = []
    for one in found:
        run.counts[one.kind] += 1
        item = _item(run, population, one)
        pair = frozenset((item.subject_id, item.other_subject_id))
        if len(new) >= room or (one.kind, item.image_id) in settled:
            continue
        if one.kind == ReviewKind.DUPLICATE and pair in pairs:
            continue
        pairs.add(pair)
        new.append(item)
    ReviewItem.objects.bulk_create(new)


def _settled(rows: QuerySet[ReviewItem]) -> set[tuple[str, UUID]]:
    """Kinds and pictures that are open; and kept ones that rest on no other subject."""
    return {
        (kind, image)
        for kind, image, state, decision, other in rows.values_list(
            "kind", "image_id", "state", "decision", "other_subject_id"
        )
        if state == ReviewState.OPEN or (decision == ReviewDecision.KEEP and other is None)
    }


def _open_pairs(rows: QuerySet[ReviewItem]) -> set[frozenset[UUID | None]]:
    """One question about two subjects is enough; a picture that is misplaced is one of its own."""
    pairs = rows.values_list("subject_id", "other_subject_id")
    return {frozenset(pair) for pair in pairs}


def _item(run: HygieneRun, population: Population, one: Oddity) -> ReviewItem:
    other = one.other
    return ReviewItem(
        kind=one.kind,
        run=run,
        gallery_id=run.gallery_id,
        image_id=population.images[one.image],
        subject_id=population.subjects[population.codes[one.image]],
        other_image_id=None if other is None else population.images[other],
        other_subject_id=None if other is None else population.subjects[population.codes[other]],
        similarity=round(one.similarity, 6),
        threshold=round(one.threshold, 6),
        scale=run.scale,
        others=one.others,
    )
