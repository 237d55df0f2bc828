"""Signed heads: what makes a rewritten chain show, once somebody else has one of them."""

from collections.abc import Callable
from hashlib import sha256

import rfc8785
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal import signing
from portal.audit.canonical import FIRST, moment
from portal.audit.linking import (
    chains_with_pending,
    last_link,
    link_pending,
    lock_chain,
    scope_of,
)
from portal.audit.models import AuditChain, Checkpoint
from portal.tenancy import platform_scope

KIND, FORMAT = "checkpoint", 1
# Called with each new checkpoint in its transaction and scope; apps above register here.
_listeners: list[Callable[[Checkpoint], None]] = []


def on_checkpoint(listener: Callable[[Checkpoint], None]) -> None:
    """Have every new checkpoint told to `listener`, in its transaction and in its scope."""
    _listeners.append(listener)


def keep_chains() -> None:
    """Link everything that waits; sign the heads that are due by time or by number of entries."""
    for agency_id in chains_with_pending():
        link_pending(agency_id)
        if _grown(agency_id) >= settings.CHECKPOINT_ENTRIES:
            take_checkpoint(agency_id)
    with platform_scope():
        due = list(
            AuditChain.objects.filter(checkpoint_due__lte=timezone.now()).values_list(
                "agency_id", flat=True
            )
        )
    for agency_id in due:
        take_checkpoint(agency_id)


def take_checkpoint(agency_id: int | None) -> Checkpoint | None:
    """Link what waits and sign the head; the last checkpoint when nothing was added to it.

    None for a chain without an entry.
    """
    link_pending(agency_id)
    with transaction.atomic(), scope_of(agency_id):
        chain = lock_chain(agency_id)
        before = last_checkpoint(agency_id)
        number, head = last_link(agency_id)
        chain.checkpoint_due = None
        chain.save(update_fields=["checkpoint_due"])
        if (before is not None and before.entries == number) or not number:
            return before
        made = _sign(agency_id, number, head, before)
        for listener in _listeners:
            listener(made)
        return made


def last_checkpoint(agency_id: int | None) -> Checkpoint | None:
    """The latest one; asked inside the scope of the chain."""
    return Checkpoint.objects.filter(agency_id=agency_id).order_by("-number").first()


def _grown(agency_id: int | None) -> int:
    with scope_of(agency_id):
        before = last_checkpoint(agency_id)
        return last_link(agency_id)[0] - (before.entries if before else 0)


def _sign(agency_id: int | None, entries: int, head: str, before: Checkpoint | None) -> Checkpoint:
    number = before.number + 1 if before else 1
    document = {
        "format": FORMAT,
        "agency": agency_id,
        "number": number,
        "entries": entries,
        "head": head,
        "previous": sha256(before.document.encode()).hexdigest() if before else FIRST,
        "at": moment(timezone.now()),
    }
    signature = signing.sign(KIND, document)
    return Checkpoint.objects.create(
        agency_id=agency_id,
        number=number,
        entries=entries,
        head=head,
        document=rfc8785.dumps(document).decode(),
        key_id=signature.key_id,
        signature=signature.value,
    )
