"""What notifications about access, training and the license mean."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.home import having
from accounts.models import Agency, ApiToken, Membership, NotificationKind, TrainingCertificate
from accounts.notifications import MEANINGS, Meaning, anybody, page, page_of_row
from accounts.permissions import Permission


def _own_membership(actor: Actor) -> "QuerySet[Membership]":
    return Membership.objects.filter(user_id=actor.user_id or 0)


def _own_tokens(actor: Actor) -> "QuerySet[ApiToken]":
    return ApiToken.objects.filter(user_id=actor.user_id or 0)


def _members(actor: Actor) -> "QuerySet[Membership]":
    return Membership.objects.all()


def _agency(actor: Actor) -> "QuerySet[Agency]":
    return Agency.objects.filter(pk=actor.agency)


def _certificates(actor: Actor) -> "QuerySet[TrainingCertificate]":
    """One's own, and everybody's for whom the page of them is open."""
    rows = TrainingCertificate.objects.all()
    can = actor.can(Permission.VIEW_CERTIFICATES)
    return rows if can else rows.filter(user_id=actor.user_id or 0)


def _where_certificates_are(actor: Actor, pk: str) -> str:
    can = actor.can(Permission.VIEW_CERTIFICATES)
    return reverse("certificates" if can else "account")


MEANINGS |= {
    NotificationKind.ACCESS_GIVEN: Meaning(
        _("You belong to this agency now"), anybody, _own_membership, page("home")
    ),
    NotificationKind.ACCESS_ENDED: Meaning(
        _("Your access to this agency has ended"), anybody, _own_membership, page("home")
    ),
    NotificationKind.ACCESS_RETURNED: Meaning(
        _("You have access to this agency again"), anybody, _own_membership, page("home")
    ),
    NotificationKind.ACCESS_ROLES: Meaning(
        _("Your roles in this agency have changed"), anybody, _own_membership, page("home")
    ),
    NotificationKind.ACCESS_TOKEN: Meaning(
        _("An API token of yours was revoked"), anybody, _own_tokens, page("tokens"), "name"
    ),
    NotificationKind.PEOPLE_ADMIN_ADDED: Meaning(
        _("The agency has another administrator"),
        having(Permission.MANAGE_PEOPLE),
        _members,
        page_of_row("member"),
        "user__name",
    ),
    NotificationKind.PEOPLE_ADMIN_REMOVED: Meaning(
        _("The agency has one administrator less"),
        having(Permission.MANAGE_PEOPLE),
        _members,
        page_of_row("member"),
        "user__name",
    ),
    NotificationKind.PEOPLE_LOCKED: Meaning(
        _("The log-in of somebody is locked"),
        having(Permission.MANAGE_PEOPLE),
        _members,
        page_of_row("member"),
        "user__name",
    ),
    NotificationKind.CERTIFICATE_ENDS: Meaning(
        _("A training certificate ends soon"),
        anybody,
        _certificates,
        _where_certificates_are,
        "title",
    ),
    NotificationKind.LICENSE_ENDS: Meaning(
        _("The license ends soon"), having(Permission.VIEW_LICENSE), _agency, page("license")
    ),
    NotificationKind.LICENSE_LIMIT: Meaning(
        _("Most of a license's limit is used"),
        having(Permission.VIEW_USAGE),
        _agency,
        page("usage"),
    ),
}
