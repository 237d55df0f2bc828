"""Puts committed entries into their chain.

Writers only append; they neither wait for each other nor for this. Whoever links holds the chain's
row, takes the entries that are committed and not linked yet in the order of their ids, and appends
a link for each. An entry that commits later with a smaller id is linked later.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.audit.canonical import FIRST, entry_digest, head_after
from portal.audit.models import AuditChain, AuditEntry, AuditLink, AuditPending
from portal.tenancy import platform_scope, scope

ROWS = 1000


def scope_of(agency_id: int | None) -> AbstractContextManager[None]:
    """The scope that sees the record of an agency, or of the platform (None)."""
    return platform_scope() if agency_id is None else scope(agency_id)


def chains_with_pending() -> list[int | None]:
    """Whose entries wait for their links."""
    with platform_scope():
        waiting = AuditPending.objects.order_by().values_list("agency_id", flat=True)
        return list(waiting.distinct())


def link_pending(agency_id: int | None) -> int:
    """Link what is committed in one chain; returns how many entries that were."""
    linked = 0
    while done := _link_some(agency_id):
        linked += done
    return linked


@transaction.atomic
def _link_some(agency_id: int | None) -> int:
    with scope_of(agency_id):
        chain = lock_chain(agency_id)
        waiting = AuditEntry.objects.filter(pending__agency_id=agency_id).order_by("id")
        if agency_id is None:
            waiting = AuditEntry.objects.filter(pending__isnull=False, agency_id=None).order_by(
                "id"
            )
        entries = list(waiting[:ROWS])
        if not entries:
            return 0
        AuditLink.objects.bulk_create(_links(agency_id, entries))
        AuditPending.objects.filter(entry_id__in=[entry.pk for entry in entries]).delete()
        if chain.checkpoint_due is None:
            chain.checkpoint_due = timezone.now() + timedelta(minutes=settings.CHECKPOINT_MINUTES)
            chain.save(update_fields=["checkpoint_due"])
        return len(entries)


def lock_chain(agency_id: int | None) -> AuditChain:
    """The chain's row, held until the transaction ends; made when there is none yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditchain (agency_id) VALUES (%s) ON CONFLICT DO NOTHING",
            [agency_id],
        )
    return AuditChain.objects.select_for_update().get(agency_id=agency_id)


def last_link(agency_id: int | None) -> tuple[int, str]:
    """The number and the head of a chain's last link; 0 and FIRST while it has none."""
    links = AuditLink.objects.filter(agency_id=agency_id).order_by("-number")
    return links.values_list("number", "head").first() or (0, FIRST)


def _links(agency_id: int | None, entries: Sequence[AuditEntry]) -> Iterator[AuditLink]:
    number, head = last_link(agency_id)
    for entry in entries:
        number += 1
        digest = entry_digest(entry)
        head = head_after(agency_id, number, digest, head)
        yield AuditLink(agency_id=agency_id, number=number, entry=entry, digest=digest, head=head)
