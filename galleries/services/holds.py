"""Legal holds on galleries, subjects and pictures: placed, released, and asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.actor import Actor
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission
from galleries.models import ErasureTarget, HoldTarget, LegalHold
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import FaceImage, Gallery, Subject
from searches.saving import refusals_as_faults
from searches.services.case_notes import MAX_NOTE


@dataclass(frozen=True, slots=True)
class Held:
    """What a hold is placed on, and the gallery it is in."""

    target: HoldTarget
    gallery: Gallery
    subject: Subject | None = None
    image: FaceImage | None = None

    def columns(self) -> dict[str, Any]:
        """The columns of a hold by which it is found."""
        return {
            "target": self.target,
            "gallery_id": self.gallery.pk,
            "subject_id": self.subject.pk if self.subject else None,
            "image_id": self.image.pk if self.image else None,
        }


def place_hold(*, actor: Actor, on: Held, reason: str, submission_key: UUID) -> LegalHold:
    """Keep this, with all that is in it, until the hold is released. Raises Fault.

    Several holds may stand on the same: each is released for itself. The same submission again
    gives the hold that it placed the first time.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    before = LegalHold.objects.filter(submission_key=submission_key)
    if found := before.first():
        return found
    try:
        with refusals_as_faults():
            return _place(actor, on, _reason(reason), submission_key)
    except IntegrityError:
        if found := before.first():  # the other half of a double click came first
            return found
        raise


@transaction.atomic
def _place(actor: Actor, on: Held, reason: str, submission_key: UUID) -> LegalHold:
    # Whoever empties something of this gallery is over before, or finds the hold.
    Gallery.every.select_for_update(no_key=True).get(pk=on.gallery.pk)
    hold = LegalHold(
        **on.columns(),
        submission_key=submission_key,
        placed_by_id=actor.user_id,
        placed_by_label=actor.label,
    )
    hold.reason = reason
    hold.save(force_insert=True)
    record(actor, Action.HOLD_PLACED, hold, _facts(hold), content={"reason": reason})
    return hold


@transaction.atomic
def release_hold(*, actor: Actor, hold: LegalHold, reason: str) -> LegalHold:
    """End a hold; it stays on the list with both reasons. Raises Fault."""
    actor.require(Permission.MANAGE_GALLERIES)
    locked = LegalHold.objects.select_for_update().get(pk=hold.pk)
    if not locked.is_standing:
        raise Fault("hold_released")
    locked.release_reason = _reason(reason)
    locked.released_at, locked.released_by_label = timezone.now(), actor.label
    locked.released_by_id = actor.user_id
    locked.save(
        update_fields=["released_at", "released_by_id", "released_by_label", "release_sealed"]
    )
    facts = _facts(locked)
    record(actor, Action.HOLD_RELEASED, locked, facts, content={"reason": locked.release_reason})
    return locked


def standing() -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(released_at=None)


def held_images() -> Q:
    """The condition on pictures that a hold keeps, by itself, its subject or its gallery."""
    holds = standing().order_by()
    return (
        Q(gallery__in=holds.filter(target=HoldTarget.GALLERY).values("gallery"))
        | Q(subject__in=holds.filter(target=HoldTarget.SUBJECT).values("subject"))
        | Q(pk__in=holds.filter(target=HoldTarget.IMAGE).values("image"))
    )


def holds_on(target: ErasureTarget, ids: Sequence[UUID]) -> QuerySet[LegalHold]:
    """The standing holds that keep any of these: on it, on what it is in, on what is in it."""
    holds = standing()
    match target:
        case ErasureTarget.GALLERY:
            return holds.filter(gallery__in=ids)
        case ErasureTarget.SUBJECTS:
            galleries = Subject.every.filter(pk__in=ids).values("gallery")
            whole = Q(target=HoldTarget.GALLERY, gallery__in=galleries)
            return holds.filter(whole | Q(subject__in=ids) | Q(image__subject__in=ids))
        case ErasureTarget.IMAGES:
            images = FaceImage.every.filter(pk__in=ids)
            whole = Q(target=HoldTarget.GALLERY, gallery__in=images.values("gallery"))
            return holds.filter(whole | Q(subject__in=images.values("subject")) | Q(image__in=ids))
    return holds.none()  # a probe is kept by the hold of its case


def require_no_hold(target: ErasureTarget, ids: Sequence[UUID]) -> None:
    """Raise Fault when a legal hold keeps any of these. The database refuses it as well."""
    if holds_on(target, ids).exists():
        raise Fault("image_under_hold")


def _reason(text: str) -> str:
    text = text.strip()
    if len(text) < MIN_REASON:
        raise Fault("reason_too_short")
    if len(text) > MAX_NOTE:
        raise Fault("note_too_long")
    return text


def _facts(hold: LegalHold) -> dict[str, str]:
    held = hold.image_id or hold.subject_id or hold.gallery_id
    return {"target": hold.target, "held": str(held), "gallery": str(hold.gallery_id)}
