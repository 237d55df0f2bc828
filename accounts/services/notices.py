"""E-mails about a person's access: to the person, and to the admins when their circle changes.

They are written inside the transaction of the act and leave when it commits. They name roles, the
agency and who acted, and nothing of a case.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.models import Agency, ApiToken, Membership, Role, User
from accounts.models.user import labels_of
from portal.post import send_soon


@dataclass(frozen=True, slots=True)
class Notice:
    """Words with %(agency)s, %(who)s, %(roles)s, %(before)s; `page` is the link's address name."""

    subject: str | Promise
    text: str | Promise
    page: str


ADDED = Notice(
    _("You belong to %(agency)s in Candor now"),
    _("You were added to %(agency)s. Your roles: %(roles)s."),
    "home",
)
ROLES = Notice(
    _("Your roles in %(agency)s have changed"),
    _("Your roles in %(agency)s are now: %(roles)s. Before: %(before)s."),
    "home",
)
ENDED = Notice(
    _("Your access to %(agency)s has ended"), _("You cannot work in %(agency)s any more."), ""
)
RETURNED = Notice(
    _("You have access to %(agency)s again"),
    _("You can work in %(agency)s again. Your roles: %(roles)s."),
    "home",
)
TOKEN_REVOKED = Notice(
    _("Your API token for %(agency)s was revoked"),
    _("The token that begins with %(hint)s is refused from now on."),
    "tokens",
)
ADMIN_ADDED = Notice(
    _("%(agency)s has another administrator"),
    _("%(who)s is an administrator of %(agency)s now."),
    "people",
)
ADMIN_REMOVED = Notice(
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
        _send_later([_mail(actor, agency, token.user, TOKEN_REVOKED, hint=token.hint)])


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
    mails = [_mail(actor, agency, person, notice, roles=after, before=before)]
    waits = notice is ROLES and membership.deactivated_at is not None
    if (Role.ADMIN in before) != (Role.ADMIN in after) and not waits:
        circle = ADMIN_ADDED if Role.ADMIN in after else ADMIN_REMOVED
        who = f"{person.name} ({person.email})"
        mails += [
            _mail(actor, agency, admin, circle, who=who)
            for admin in _admins()
            if admin.pk != person.pk
        ]
    _send_later(mails)


def _admins() -> list[User]:
    """The admins who can work in the current agency."""
    rows = Membership.objects.filter(
        roles__contains=[Role.ADMIN], deactivated_at=None, user__is_active=True
    )
    return [row.user for row in rows.select_related("user").order_by("pk")]


def _mail(
    actor: Actor,
    agency: Agency,
    to: User,
    notice: Notice,
    *,
    who: str = "",
    hint: str = "",
    roles: Iterable[str] = (),
    before: Iterable[str] = (),
) -> EmailMessage:
    with translation.override(to.language or settings.LANGUAGE_CODE):
        facts = {
            "agency": _on_one_line(agency.name),
            "who": _on_one_line(who),
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
        subject = str(notice.subject) % facts
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [to.email])


def _on_one_line(text: str) -> str:
    """A line break in a header is an attack, or a mistake in a name."""
    return " ".join(text.split())


def _send_later(mails: list[EmailMessage]) -> None:
    """Beside the request: a mail server that is away must not hold up or undo the answer."""
    for mail in mails:
        transaction.on_commit(partial(send_soon, mail))
