"""Galleries."""

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import Contract, Gallery
from searches.saving import save_unique


@transaction.atomic
def create_gallery(
    *, actor: Actor, name: str, source: str, legal_basis: str, retention_days: int = 1095
) -> Gallery:
    """A new, empty gallery. Raises ValidationError on missing provenance or a name in use."""
    actor.require(Permission.MANAGE_GALLERIES)
    gallery = Gallery(
        name=name.strip(),
        source=source.strip(),
        legal_basis=legal_basis.strip(),
        retention_days=retention_days,
        created_by_label=actor.label,
    )
    gallery.take_scope()
    save_unique(gallery)
    record(actor, Action.GALLERY_CREATED, gallery, {"retention_days": retention_days})
    return gallery


def contract_row(contract_id: str, engine: str, dimension: int) -> Contract:
    """The row of an embedding contract; made when its first template is stored."""
    row, _ = Contract.objects.get_or_create(
        contract=contract_id, defaults={"engine": engine, "dimension": dimension}
    )
    return row
