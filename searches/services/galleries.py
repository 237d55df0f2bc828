"""Galleries."""

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.measuring import ContractFacts
from searches.models import Contract, Gallery, SourceRegister
from searches.saving import save_unique
from searches.services.contracts import contract_for
from searches.services.registers import add_register, add_source


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
    """A new, empty gallery of one of the `SourceKind`s, with the register that it is filled from.

    A register of that name is taken, or added with the gallery's basis and retention. Raises
    ValidationError on missing provenance or a name in use. Whether the license grants the kind is
    asked when it is used: the license may change, the kind does not.
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
    register = SourceRegister.objects.filter(name=gallery.source).first() or add_register(
        actor=actor,
        name=gallery.source,
        kind=source_kind,
        legal_basis=gallery.legal_basis,
        retention_days=retention_days,
    )
    try:
        add_source(actor=actor, gallery=gallery, register=register)
    except Fault as fault:
        raise fault.as_validation_error() from fault
    return gallery


def main_register(gallery: Gallery) -> SourceRegister:
    """The register that the gallery was made for, or the one that has been a source longest."""
    found = SourceRegister.objects.filter(
        galleries__gallery=gallery, galleries__removed_at=None
    ).order_by("galleries__added_at", "pk")
    return found[0]


def contract_of(gallery: Gallery, made: ContractFacts) -> Contract:
    """The contract of new templates of a gallery; the first of them decides on the gallery's.

    It stays the gallery's until the open transaction ends. Raises Fault when the gallery is
    searched under another one: they are never compared.
    """
    row = contract_for([gallery.pk], hold=True)
    if row is None:
        first = contract_row(made.id, made.engine, made.dimension)
        Gallery.objects.filter(pk=gallery.pk, contract=None).update(contract=first)
        row = contract_for([gallery.pk], hold=True)
    gallery.contract = row
    if row is None or row.contract != made.id:
        raise Fault("contract_of_gallery")
    return row


def contract_row(contract_id: str, engine: str, dimension: int) -> Contract:
    """The row of an embedding contract; made when its first template is stored."""
    row, _ = Contract.objects.get_or_create(
        contract=contract_id, defaults={"engine": engine, "dimension": dimension}
    )
    return row
