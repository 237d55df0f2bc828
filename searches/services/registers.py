"""Source registers, and which of them a gallery takes its pictures from."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.purposes import Purpose
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import Gallery, GallerySource, SourceRegister
from searches.saving import save_unique


@transaction.atomic
def add_register(
    *,
    actor: Actor,
    name: str,
    kind: str,
    legal_basis: str,
    agreement: str = "",
    agreement_ends: date | None = None,
    retention_days: int = 1095,
    purposes: Iterable[str] = tuple(Purpose.values),
) -> SourceRegister:
    """A new register. Raises ValidationError on what is missing or a name in use."""
    actor.require(Permission.MANAGE_GALLERIES)
    wanted = set(purposes)
    register = SourceRegister(
        name=name.strip(),
        kind=kind,
        legal_basis=legal_basis.strip(),
        agreement=agreement.strip(),
        agreement_ends=agreement_ends,
        retention_days=retention_days,
        purposes=[purpose for purpose in Purpose.values if purpose in wanted],
        created_by_label=actor.label,
    )
    register.take_scope()
    save_unique(register)
    facts = {"kind": kind, "retention_days": retention_days, "purposes": register.purposes}
    record(actor, Action.REGISTER_ADDED, register, facts)
    return register


@transaction.atomic
def add_source(*, actor: Actor, gallery: Gallery, register: SourceRegister) -> GallerySource:
    """Let a gallery hold pictures of a register; one that it has already is no error.

    Raises Fault for a register of another kind or one that is retired. One that was removed is a
    source again.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    if register.kind != gallery.source_kind:
        raise Fault("register_other_kind")
    if SourceRegister.objects.select_for_update().get(pk=register.pk).retired_at is not None:
        raise Fault("register_retired")
    source, made = GallerySource.objects.select_for_update().get_or_create(
        gallery=gallery, register=register, defaults={"added_by_label": actor.label}
    )
    if source.removed_at is not None:
        source.removed_at, made = None, True
        source.save(update_fields=["removed_at"])
    if made:
        record(actor, Action.GALLERY_SOURCE_ADDED, gallery, {"register": str(register.pk)})
    return source


def require_source(gallery: Gallery, register: SourceRegister, on: date | None = None) -> None:
    """Raise Fault unless pictures of this register may be enrolled in the gallery today.

    Looks at the register as it is now, however long the caller has had it.
    """
    sources = GallerySource.objects.filter(gallery=gallery, register=register, removed_at=None)
    source = sources.select_related("register").first()
    if source is None:
        raise Fault("register_not_of_gallery")
    if source.register.retired_at is not None:
        raise Fault("register_retired")
    ends = source.register.agreement_ends
    if ends is not None and ends < (on or timezone.localdate()):
        raise Fault("register_agreement_ended")


def require_purpose_of_sources(purpose: str, galleries: Sequence[UUID]) -> None:
    """Raise Fault when a register in one of the galleries does not permit this purpose."""
    sources = GallerySource.objects.filter(gallery__in=galleries, removed_at=None)
    if sources.exclude(register__purposes__contains=[purpose]).exists():
        raise Fault("source_purpose_not_permitted")
