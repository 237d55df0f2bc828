"""Notices of a person's access: to the person, and to the admins when their circle changes.

The mails name roles, the agency and who acted, and nothing of a case.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.models import Agency, ApiToken, Membership, NotificationKind, Role, User
from accounts.models.user import labels_of
from accounts.services.telling import tell


@dataclass(frozen=True, slots=True)
class Notice:
    """Words with %(agency)s, %(who)s, %(roles)s, %(before)s; `page` is the link's address name."""

    kind: NotificationKind
    subject: str | Promise
    text: str | Promise
    page: str


ADDED = Notice(
    NotificationKind.ACCESS_GIVEN,
    _("You belong to %(agency)s in Candor now"),
    _("You were added to %(agency)s. Your roles: %(roles)s."),
    "home",
)
ROLES = Notice(
    NotificationKind.ACCESS_ROLES,
    _("Your roles in %(agency)s have changed"),
    _("Your roles in %(agency)s are now: %(roles)s. Before: %(before)s."),
    "home",
)
ENDED = Notice(
    NotificationKind.ACCESS_ENDED,
    _("Your access to %(agency)s has ended"),
    _("You cannot work in %(agency)s any more."),
    "",
)
RETURNED = Notice(
    NotificationKind.ACCESS_RETURNED,
    _("You have access to %(agency)s again"),
    _("You can work in %(agency)s again. Your roles: %(roles)s."),
    "home",
)
TOKEN_REVOKED = Notice(
    NotificationKind.ACCESS_TOKEN,
    _("Your API token for %(agency)s was revoked"),
    _("The token that begins with %(hint)s is refused from now on."),
    "tokens",
)
ADMIN_ADDED = Notice(
    NotificationKind.PEOPLE_ADMIN_ADDED,
    _("%(agency)s has another administrator"),
    _("%(who)s is an administrator of %(agency)s now."),
    "people",
)
ADMIN_REMOVED = Notice(
    NotificationKind.PEOPLE_ADMIN_REMOVED,
    _("%(agency)s has one administrator less"),
    _("%(who)s is not an administrator of %(agency)s any more."),
    "people",
)


def member_added(actor: Actor, agency: Agency, membership: Membership) -> None:
    """Somebody came into the agency, whichever way."""
    _tell_both(actor, agency, membership, ADDED, after=membership.roles)


def access_returned(actor: Actor, agency: Agency, membership: Membership) -> None:
    _tell_both(actor, agency, membership, RETURNED, after=membership.roles)


def access_ended(actor: Actor, agency: Agency, membership: Membership) -> None:
    _tell_both(actor, agency, membership, ENDED, before=membership.roles)


def roles_changed(
    actor: Actor, agency: Agency, membership: Membership, before: Iterable[str]
) -> None:
    _tell_both(actor, agency, membership, ROLES, before=before, after=membership.roles)


def token_revoked(actor: Actor, agency: Agency, token: ApiToken) -> None:
    """A token's owner learns that somebody else revoked it."""
    if token.user_id != actor.user_id:
        words = partial(_words, actor, agency, TOKEN_REVOKED, hint=token.hint)
        tell([token.user], TOKEN_REVOKED.kind, token, words)


def _tell_both(
    actor: Actor,
    agency: Agency,
    membership: Membership,
    notice: Notice,
    *,
    before: Iterable[str] = (),
    after: Iterable[str] = (),
) -> None:
    """The person, and the other admins when the person became one or is none any more.

    Somebody without access is no administrator, whatever roles wait for their return.
    """
    person, before, after = membership.user, list(before), list(after)
    words = partial(_words, actor, agency, notice, roles=after, before=before)
    tell([person], notice.kind, membership, words)
    waits = notice is ROLES and membership.deactivated_at is not None
    if (Role.ADMIN in before) != (Role.ADMIN in after) and not waits:
        circle = ADMIN_ADDED if Role.ADMIN in after else ADMIN_REMOVED
        who = f"{person.name} ({person.email})"
        others = [admin for admin in _admins() if admin.pk != person.pk]
        tell(others, circle.kind, membership, partial(_words, actor, agency, circle, who=who))


def _admins() -> list[User]:
    """The admins who can work in the current agency."""
    rows = Membership.objects.filter(
        roles__contains=[Role.ADMIN], deactivated_at=None, user__is_active=True
    )
    return [row.user for row in rows.select_related("user").order_by("pk")]


def _words(
    actor: Actor,
    agency: Agency,
    notice: Notice,
    *,
    who: str = "",
    hint: str = "",
    roles: Iterable[str] = (),
    before: Iterable[str] = (),
) -> tuple[str, str]:
    facts = {
        "agency": " ".join(agency.name.split()),
        "who": " ".join(who.split()),
        "hint": hint,
        "roles": ", ".join(labels_of(roles)),
        "before": ", ".join(labels_of(before)),
    }
    context = {
        "text": str(notice.text) % facts,
        "actor": actor.label,
        "when": timezone.now(),
        "link": settings.BASE_URL + reverse(notice.page) if notice.page else "",
    }
    body = render_to_string("accounts/mails/notice.txt", context)
    return str(notice.subject) % facts, body
