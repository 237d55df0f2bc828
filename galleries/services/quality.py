"""Settings of quality and of the duplicate check of a gallery, and the picture of a subject."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from galleries.services.moving import held_still, require_reviewer
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import DuplicateCheck, FaceImage, Gallery, Subject
from searches.quality_advice import Limit, limits_of, own_limits


@transaction.atomic
def change_quality(
    *,
    actor: Actor,
    gallery: Gallery,
    duplicate_check: str | None = None,
    duplicate_similarity: float | None = None,
    limits: Mapping[str, Limit],
) -> Gallery:
    """Settings for what is enrolled from now on. Raises Fault.

    Without a check it stays as it is, also for the engine that its similarity was chosen for; so do
    limits that are not named. Those that are the usual ones are not kept, so that they follow when
    the usual ones change.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    row = Gallery.objects.select_for_update().get(pk=gallery.pk)
    before, chosen_for = _facts(row), row.duplicate_contract_id
    if duplicate_check is not None:
        _set_check(row, DuplicateCheck(duplicate_check), duplicate_similarity)
    row.quality_limits = own_limits({**limits_of(row), **limits})
    after = _facts(row)
    if after == before and row.duplicate_contract_id == chosen_for:
        return row
    row.save(
        update_fields=[
            *("duplicate_check", "duplicate_similarity", "duplicate_contract"),
            "quality_limits",
        ]
    )
    record(actor, Action.GALLERY_QUALITY_CHANGED, row, {"before": before, "after": after})
    return row


def _set_check(row: Gallery, check: DuplicateCheck, similarity: float | None) -> None:
    own = check == DuplicateCheck.OWN
    if own and (similarity is None or not -1.0 < similarity <= 1.0):
        raise Fault("similarity_missing")
    row.duplicate_check = check
    row.duplicate_similarity = similarity if own else None
    row.duplicate_contract_id = row.contract_id if own else None


def _facts(gallery: Gallery) -> dict[str, Any]:
    similarity = gallery.duplicate_similarity
    return {
        "check": str(gallery.duplicate_check),
        "similarity": "" if similarity is None else f"{similarity:.4f}",
        "limits": {name: str(limit) for name, limit in limits_of(gallery).items()},
    }


@transaction.atomic
def choose_best(*, actor: Actor, subject: Subject, image: FaceImage | None) -> None:
    """Have a picture represent a subject; None gives the choice back to the rule. Raises Fault."""
    require_reviewer(actor)
    held = held_still([subject.pk]).get(subject.pk)
    if held is None:
        raise Fault("review_changed")
    chosen = image or best_by_rule(held)
    if chosen is None or chosen.subject_id != held.pk or chosen.erased_at is not None:
        raise Fault("image_not_of_subject")
    held.best_image_id, held.best_is_pinned = chosen.pk, image is not None
    held.save(update_fields=["best_image_id", "best_is_pinned"])
    facts = {"gallery": str(held.gallery_id), "image": str(chosen.pk), "pinned": image is not None}
    record(actor, Action.SUBJECT_BEST_SET, held, facts)


def best_by_rule(subject: Subject) -> FaceImage | None:
    """The picture of the highest rank, the earliest of equals: as the database chooses it."""
    rows = FaceImage.objects.filter(subject=subject).order_by("-rank", "enrolled_at", "pk")
    return rows.first()
