"""What both agencies have on record of a grant."""

from collections.abc import Callable

from django.db import connection

from accounts.models import Agency
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import GalleryGrant, GrantUse, Search
from searches.services.granting import revoke_grant
from tests.searches.sharing_cast import Owner

Ask = Callable[..., Search]


def uses(grant: GalleryGrant) -> list[tuple[str, int | None]]:
    with scope(grant.agency_id):
        rows = GrantUse.objects.filter(grant=grant).order_by("taken_at")
        return [(row.state, row.candidates) for row in rows]


def entries(agency: Agency, *actions: str) -> list[AuditEntry]:
    with scope(agency.pk):
        rows = AuditEntry.objects.filter(agency_id=agency.pk, action__in=actions)
        return list(rows.order_by("pk"))


def at_once() -> None:
    """What is asked at the end of a transaction, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def revoke(owner: Owner, grant: GalleryGrant) -> None:
    with scope(owner.agency.pk):
        revoke_grant(actor=owner.actor, grant=grant, reason="The agreement was ended")
