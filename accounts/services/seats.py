"""How many people an agency may have: counted under a lock, so that two cannot take one seat."""

from accounts.faults import Fault
from accounts.models import Agency, Invitation, Membership
from accounts.models.invitation import is_live
from portal.tenancy import platform_scope


def lock_agency(agency_id: int) -> Agency:
    """The agency, locked until the transaction ends: changes of its people come one by one.

    The app role may change agencies in the platform's scope only, and a lock is a change.
    """
    with platform_scope():
        return Agency.objects.select_for_update(no_key=True).get(pk=agency_id)


def active_members() -> int:
    return Membership.objects.filter(deactivated_at=None).count()


def seats_used() -> int:
    """Active people and open invitations of the current agency."""
    return active_members() + Invitation.objects.filter(is_live()).count()


def require_seat(agency: Agency, used: int) -> None:
    """Raise Fault("seats_used_up") unless a locked agency has a seat beyond those used."""
    if agency.seats is not None and used >= agency.seats:
        raise Fault("seats_used_up")
