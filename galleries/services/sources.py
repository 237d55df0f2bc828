"""What becomes of source registers, and of the sources of a gallery."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.purposes import Purpose
from galleries.services.retention_rules import apply_rules
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import FaceImage, Gallery, GallerySource, SourceRegister
from searches.services.galleries import create_gallery
from searches.services.registers import add_register


@dataclass(frozen=True, slots=True)
class RegisterTerms:
    """What of a register may change. Its kind and its basis never do."""

    name: str
    agreement: str
    agreement_ends: date | None
    retention_days: int
    purposes: Iterable[str]


@dataclass(frozen=True, slots=True)
class NewRegister:
    """A register that is described together with the gallery that is filled from it."""

    kind: str
    legal_basis: str
    terms: RegisterTerms


@transaction.atomic
def open_gallery(
    *, actor: Actor, name: str, retention_days: int, register: SourceRegister | NewRegister
) -> Gallery:
    """A new gallery that is filled from a register of the agency, or from a new one.

    Raises ValidationError on what is missing, a name in use, or a register that is retired.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    if isinstance(register, NewRegister):
        terms = register.terms
        register = add_register(
            actor=actor,
            name=terms.name,
            kind=register.kind,
            legal_basis=register.legal_basis,
            agreement=terms.agreement,
            agreement_ends=terms.agreement_ends,
            retention_days=terms.retention_days,
            purposes=terms.purposes,
        )
    return create_gallery(
        actor=actor,
        name=name,
        source=register.name,
        source_kind=register.kind,
        legal_basis=register.legal_basis,
        retention_days=retention_days,
    )


@transaction.atomic
def change_register(
    *, actor: Actor, register: SourceRegister, terms: RegisterTerms
) -> SourceRegister:
    """Other terms for what is enrolled and searched from now on.

    A shorter retention counts for the pictures that are there as well; a longer one does not.
    Searches that wait or run are held to the purposes as they are when they run. Raises
    ValidationError on what is missing or a name in use; the same terms again record nothing.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    locked = SourceRegister.objects.select_for_update().get(pk=register.pk)
    before = _as_recorded(locked)
    wanted = set(terms.purposes)
    locked.name, locked.agreement = terms.name.strip(), terms.agreement.strip()
    locked.agreement_ends, locked.retention_days = terms.agreement_ends, terms.retention_days
    locked.purposes = [purpose for purpose in Purpose.values if purpose in wanted]
    after = _as_recorded(locked)
    changed = sorted(name for name in after if after[name] != before[name])
    if not changed:
        return locked
    locked.full_clean()
    try:
        with transaction.atomic():
            locked.save(update_fields=changed)
    except IntegrityError:
        locked.full_clean()  # somebody else took the name; this says so
        raise
    facts = {
        "fields": changed,
        "before": {name: before[name] for name in changed if name in RECORDED},
        "after": {name: after[name] for name in changed if name in RECORDED},
    }
    record(actor, Action.REGISTER_CHANGED, locked, facts)
    if "retention_days" in changed:
        apply_rules(actor=actor, rule=locked, before=before["retention_days"])
    return locked


# Of the other fields, which people write in words, the record has that they changed.
RECORDED = ("agreement_ends", "purposes", "retention_days")


def _as_recorded(register: SourceRegister) -> dict[str, Any]:
    ends = register.agreement_ends
    return {
        "name": register.name,
        "agreement": register.agreement,
        "agreement_ends": ends.isoformat() if ends else None,
        "retention_days": register.retention_days,
        "purposes": list(register.purposes),
    }


@transaction.atomic
def retire_register(*, actor: Actor, register: SourceRegister) -> SourceRegister:
    """Take no more pictures from it, for good; those that are enrolled stay."""
    actor.require(Permission.MANAGE_GALLERIES)
    locked = SourceRegister.objects.select_for_update().get(pk=register.pk)
    if locked.retired_at is None:
        locked.retired_at = timezone.now()
        locked.save(update_fields=["retired_at"])
        record(actor, Action.REGISTER_RETIRED, locked)
    return locked


@transaction.atomic
def remove_source(*, actor: Actor, gallery: Gallery, register: SourceRegister) -> None:
    """Take no more pictures of a register into this gallery; one that has none is no error.

    Raises Fault while a picture of it is in the gallery, or when it is the gallery's only source.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    sources = GallerySource.objects.select_for_update().filter(gallery=gallery, removed_at=None)
    held = {source.register_id: source for source in sources.order_by("pk")}
    source = held.get(register.pk)
    if source is None:
        return
    if FaceImage.objects.filter(gallery=gallery, register=register).exists():
        raise Fault("source_in_use")
    if len(held) == 1:
        raise Fault("source_is_last")
    source.removed_at = timezone.now()
    source.save(update_fields=["removed_at"])
    record(actor, Action.GALLERY_SOURCE_REMOVED, gallery, {"register": str(register.pk)})
