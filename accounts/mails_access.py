"""E-mails about log-ins that are locked or not used: plain text, in their reader's language."""

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, Role, User
from portal.tenancy import scope


def tell_of_lock(user: User, agencies: list[int]) -> None:
    """To the person and to the administrators of their agencies, each once."""
    with translation.override(user.language or None):
        _send(
            user,
            _("Your log-in to Candor is locked"),
            _(
                "Somebody failed to log in with your address too often, so your log-in to Candor"
                " is locked. Where you are logged in already, you can go on.\n\n"
                "An administrator of your agency can release you. If it was not you who tried,"
                " tell them so."
            ),
        )
    for admin in _admins(agencies):
        if admin.pk == user.pk:
            continue
        with translation.override(admin.language or None):
            person = {"name": user, "email": user.email, "link": settings.BASE_URL + "/people/"}
            _send(
                admin,
                _("The log-in of %(name)s is locked") % person,
                _(
                    "The log-in of %(name)s (%(email)s) is locked after too many failures.\n\n"
                    "Ask the person whether it was them before you release them:\n%(link)s"
                )
                % person,
            )


def _admins(agencies: list[int]) -> list[User]:
    found: dict[int, User] = {}
    for agency_id in agencies:
        with scope(agency_id):
            admins = Membership.objects.filter(
                roles__contains=[Role.ADMIN], deactivated_at=None, user__is_active=True
            ).select_related("user")
            found |= {member.user_id: member.user for member in admins}
    return list(found.values())


def warn_of_disabling(user: User, days: int) -> None:
    with translation.override(user.language or None):
        text = ngettext(
            "You have not logged in to Candor for a long time. Your log-in will be disabled in"
            " %(n)s day, unless you log in before:",
            "You have not logged in to Candor for a long time. Your log-in will be disabled in"
            " %(n)s days, unless you log in before:",
            days,
        ) % {"n": days}
        subject = _("Your log-in to Candor will be disabled")
        _send(user, subject, f"{text}\n{settings.BASE_URL}/")


def tell_of_disabling(user: User, days: int) -> None:
    with translation.override(user.language or None):
        text = ngettext(
            "You have not logged in to Candor for %(n)s day, so your log-in is disabled. An"
            " administrator of your agency can release you.",
            "You have not logged in to Candor for %(n)s days, so your log-in is disabled. An"
            " administrator of your agency can release you.",
            days,
        ) % {"n": days}
        _send(user, _("Your log-in to Candor is disabled"), text)


def _send(user: User, subject: str, text: str) -> None:
    # A line break in a header is an attack, or a mistake in a name.
    send_mail(" ".join(subject.split()), text + "\n", settings.DEFAULT_FROM_EMAIL, [user.email])
