"""Held pictures of people who are erased: they go with them."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.actor import system_actor
from galleries.models import ReviewDecision, ReviewItem, ReviewKind, ReviewState
from galleries.services.reviewing import close_as


def forget_held_of(galleries: Sequence[UUID]) -> None:
    """Discard whatever is held for galleries that are gone."""
    held = ReviewItem.objects.filter(gallery__in=galleries, kind=ReviewKind.HELD)
    for pk in held.filter(state=ReviewState.OPEN).values_list("pk", flat=True):
        with transaction.atomic():
            row = ReviewItem.objects.select_for_update(of=("self",)).get(pk=pk)
            if row.state == ReviewState.OPEN:
                actor = system_actor("erasure", row.agency_id)
                close_as(actor, row, ReviewDecision.DISCARD)


def forget_held(images: Sequence[UUID], subjects: Sequence[UUID]) -> None:
    """Discard what is held under the reference of an erased subject, or resembles one.

    A held picture that resembles an erased person most likely shows them; whoever still needs it
    hands it in again. Findings about what went are closed.
    """
    rows = ReviewItem.objects.select_for_update(of=("self",)).filter(state=ReviewState.OPEN)
    of_people = Q(subject_id__in=subjects) | Q(other_subject_id__in=subjects)
    of_pictures = Q(image_id__in=images) | Q(other_image_id__in=images)
    for row in rows.filter(of_people | of_pictures).order_by("pk"):
        actor = system_actor("erasure", row.agency_id)
        if row.kind != ReviewKind.HELD:
            close_as(actor, row, ReviewDecision.GONE)
        elif row.subject_id in subjects or row.other_subject_id in subjects:
            close_as(actor, row, ReviewDecision.DISCARD)
