"""How many people an agency may have: counted under a lock, so that two cannot take one seat."""

from django.db import connection
from django.utils import timezone

from accounts.faults import Fault
from accounts.licensing import current_terms, usable_terms
from accounts.models import Agency, Invitation, Membership
from accounts.models.invitation import MAX_TRIES, is_live
from portal.tenancy import platform_scope


def lock_agency(agency_id: int) -> Agency:
    """The agency, locked until the transaction ends: changes of its people come one by one.

    The app role may change agencies in the platform's scope only, and a lock is a change.
    """
    with platform_scope():
        return Agency.objects.select_for_update(no_key=True).get(pk=agency_id)


def active_members() -> int:
    return Membership.objects.filter(deactivated_at=None).count()


def open_seats() -> int:
    """Seats that open invitations hold in the current agency."""
    return Invitation.objects.filter(is_live()).count()


def has_license(agency: Agency) -> bool:
    """Whether a license says how many seats there are."""
    terms = current_terms(agency.pk, timezone.now())
    return terms is not None and terms.usable


def seat_invitation(agency: Agency) -> None:
    """Count the seats after somebody was invited or reactivated. Raises Fault, which undoes it."""
    _count(usable_terms(agency.pk, timezone.now()).seats, "invitation")


def seat_member(agency: Agency) -> None:
    """Count the seats after somebody who had been invited joined. Raises Fault, which undoes it."""
    _count(usable_terms(agency.pk, timezone.now()).seats, "member")


def count_seats() -> None:
    """Count the seats of the current agency after an act that needs no seat, or no license."""
    _count(None, "")


def _count(allowed: int | None, grown: str) -> None:
    """One statement counts people and invitations and keeps the counter, if they fit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_quota_seats(%s, %s, %s)", [allowed, MAX_TRIES, grown])
        if cursor.fetchone() != (True,):
            raise Fault("seats_used_up")
