"""Who works in an agency: for the page of people, and for notices."""

from django.db.models import Q, QuerySet

from accounts.models import Invitation, Membership, Role, User
from accounts.permissions import Permission, roles_with

# A locked or unused account still has its membership.
STATES = {
    "active": Q(deactivated_at=None, user__locked_at=None, user__disabled_at=None),
    "locked": Q(deactivated_at=None, user__locked_at__isnull=False),
    "unused": Q(deactivated_at=None, user__locked_at=None, user__disabled_at__isnull=False),
    "deactivated": Q(deactivated_at__isnull=False),
}


def people(text: str = "", role: str = "", state: str = "") -> "QuerySet[Membership]":
    """Members by name; filtered by name or address, by role, and by state."""
    found = Membership.objects.select_related("user").order_by("user__name", "pk")
    if text:
        found = found.filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))
    if role in Role.values:
        found = found.filter(roles__contains=[role])
    if state in STATES:
        found = found.filter(STATES[state])
    return found


def open_invitations(text: str = "") -> "QuerySet[Invitation]":
    """Invitations that wait or have run out, the newest first; filtered by address."""
    waiting = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    if text:
        waiting = waiting.filter(email__icontains=text)
    return waiting.order_by("-sent_at", "email")


def people_with(permission: Permission) -> list[User]:
    """The agency's active people whose roles give this permission; training is not asked."""
    active = Membership.objects.filter(deactivated_at=None, user__is_active=True)
    rows = active.filter(roles__overlap=roles_with(permission)).select_related("user")
    return [row.user for row in rows.order_by("user_id")]
