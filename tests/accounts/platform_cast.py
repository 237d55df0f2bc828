"""Staff of the platform at its pages, and what their acts left."""

from django.test import Client
from django.urls import reverse

from accounts.models import Agency, StaffSession, User
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.conftest import PASSWORD

REASON = "Alder asked for a new contact person"


def enter(client: Client, user: User, reason: str = REASON) -> None:
    client.force_login(user)
    values = {"reason": reason, "password": PASSWORD}
    assert client.post(reverse("admin:door"), values).status_code == 302


def sessions() -> list[StaffSession]:
    with platform_scope():
        return list(StaffSession.objects.order_by("id"))


def recorded(agency: Agency | None = None) -> list[str]:
    """The actions on record, of an agency or of the platform, without log-ins and licenses."""
    agency_id = agency.pk if agency else None
    with scope(agency_id) if agency_id else platform_scope():
        entries = AuditEntry.objects.filter(agency_id=agency_id).exclude(action__startswith="log")
        # Agencies begin with licenses: tests/accounts/test_license_pages.py.
        entries = entries.exclude(action__startswith="license.")
        return list(entries.order_by("id").values_list("action", flat=True))
