"""Telling of log-ins that are locked or not used.

The person is told by mail alone: nobody reads in the portal that they cannot get into it.
"""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, NotificationKind, Role, User
from accounts.services.telling import Words, at_once, mail_to, notify
from portal.tenancy import scope


def tell_of_lock(user: User, agencies: list[int]) -> None:
    """To the person and to the administrators of their agencies, who get one mail each."""
    _send(user, _locked)
    told = {user.pk}
    for agency_id in agencies:
        with scope(agency_id):
            admins = [one for one in _admins() if one.pk != user.pk]
            notify(admins, NotificationKind.PEOPLE_LOCKED, Membership.objects.get(user=user))
        for admin in admins:
            if admin.pk not in told:
                _send(admin, lambda: _locked_person(user))
                told.add(admin.pk)


def _admins() -> list[User]:
    admins = Membership.objects.filter(
        roles__contains=[Role.ADMIN], deactivated_at=None, user__is_active=True
    )
    return [member.user for member in admins.select_related("user")]


def _locked() -> tuple[str, str]:
    return _("Your log-in to Candor is locked"), _(
        "Somebody failed to log in with your address too often, so your log-in to Candor"
        " is locked. Where you are logged in already, you can go on.\n\n"
        "An administrator of your agency can release you. If it was not you who tried,"
        " tell them so."
    )


def _locked_person(user: User) -> tuple[str, str]:
    person = {"name": user, "email": user.email, "link": settings.BASE_URL + "/people/"}
    text = _(
        "The log-in of %(name)s (%(email)s) is locked after too many failures.\n\n"
        "Ask the person whether it was them before you release them:\n%(link)s"
    )
    return _("The log-in of %(name)s is locked") % person, text % person


def warn_of_disabling(user: User, days: int) -> None:
    def words() -> tuple[str, str]:
        text = ngettext(
            "You have not logged in to Candor for a long time. Your log-in will be disabled in"
            " %(n)s day, unless you log in before:",
            "You have not logged in to Candor for a long time. Your log-in will be disabled in"
            " %(n)s days, unless you log in before:",
            days,
        ) % {"n": days}
        return _("Your log-in to Candor will be disabled"), f"{text}\n{settings.BASE_URL}/"

    _send(user, words)


def tell_of_disabling(user: User, days: int) -> None:
    def words() -> tuple[str, str]:
        text = ngettext(
            "You have not logged in to Candor for %(n)s day, so your log-in is disabled. An"
            " administrator of your agency can release you.",
            "You have not logged in to Candor for %(n)s days, so your log-in is disabled. An"
            " administrator of your agency can release you.",
            days,
        ) % {"n": days}
        return _("Your log-in to Candor is disabled"), text

    _send(user, words)


def _send(user: User, words: Words) -> None:
    message = mail_to(user, words)
    message.body += "\n"
    at_once(message)
