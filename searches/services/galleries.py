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
    *,
    actor: Actor,
    name: str,
    source: str,
    source_kind: str,
    legal_basis: str,
    retention_days: int = 1095,
) -> Gallery:
    """A new, empty gallery of one of the `SourceKind`s.

    Raises ValidationError on missing provenance or a name in use. Whether the license grants the
    kind is asked when it is used: the license may change, the kind does not.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    gallery = Gallery(
        name=name.strip(),
        source=source.strip(),
        source_kind=source_kind,
        legal_basis=legal_basis.strip(),
        retention_days=retention_days,
        created_by_label=actor.label,
    )
    gallery.take_scope()
    save_unique(gallery)
    facts = {"retention_days": retention_days, "source_kind": source_kind}
    record(actor, Action.GALLERY_CREATED, gallery, facts)
    return gallery


def contract_row(contract_id: str, engine: str, dimension: int) -> Contract:
    """The row of an embedding contract; made when its first template is stored."""
    row, _ = Contract.objects.get_or_create(
        contract=contract_id, defaults={"engine": engine, "dimension": dimension}
    )
    return row
