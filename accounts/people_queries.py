"""Who works in an agency: for the page of people, and for notices."""

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.login.factors import REAL
from accounts.models import Invitation, Membership, Role, SignOnLink, User
from accounts.permissions import Permission, roles_with

# A locked or unused account still has its membership.
STATES = {
    "active": Q(deactivated_at=None, user__locked_at=None, user__disabled_at=None),
    "locked": Q(deactivated_at=None, user__locked_at__isnull=False),
    "unused": Q(deactivated_at=None, user__locked_at=None, user__disabled_at__isnull=False),
    "deactivated": Q(deactivated_at__isnull=False),
}

# What the list can be narrowed to about second factors.
NO_FACTOR = "none"


def people(
    text: str = "", role: str = "", state: str = "", factor: str = ""
) -> "QuerySet[Membership]":
    """Members by name; filtered by name or address, by role, by state, and by second factor."""
    found = Membership.objects.select_related("user").order_by("user__name", "pk")
    if text:
        found = found.filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))
    if role in Role.values:
        found = found.filter(roles__contains=[role])
    if state in STATES:
        found = found.filter(STATES[state])
    return found.filter(_without_factor()) if factor == NO_FACTOR else found


def _without_factor() -> Q:
    """Who has access, and neither a second factor nor a log-in through the agency's provider."""
    factors = Authenticator.objects.filter(user=OuterRef("user_id"), type__in=REAL)
    links = SignOnLink.objects.filter(user=OuterRef("user_id"))
    return Q(deactivated_at=None) & ~Exists(factors) & ~Exists(links)


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
