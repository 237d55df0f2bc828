"""Notices of alerts: that one waits, and nothing else of it.

They go to whoever handles alerts and whom the alert does not concern. Where there is nobody, the
people who manage accounts are told that the agency needs another auditor.
"""

from collections.abc import Iterable

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import NotificationKind, User
from accounts.people_queries import people_with
from accounts.permissions import Permission
from accounts.services.telling import tell
from oversight.models import MisuseAlert


def handlers_of(alert: MisuseAlert) -> list[User]:
    """Who may look into an alert."""
    return _people(Permission.HANDLE_ALERTS, alert.people)


def tell_of_alert(alert: MisuseAlert) -> None:
    """Tell who may look into it, once the alert is committed."""
    handlers = handlers_of(alert)
    if handlers:
        tell(handlers, NotificationKind.ALERT_WAITS, alert, _alert)
        return
    people = _people(Permission.MANAGE_PEOPLE, alert.people)
    tell(people, NotificationKind.ALERT_NOBODY, alert, _nobody)


def tell_of_handing_over(alert: MisuseAlert, user: User) -> None:
    tell([user], NotificationKind.ALERT_WAITS, alert, _alert)


def _people(permission: Permission, concerned: Iterable[int]) -> list[User]:
    barred = set(concerned)
    return [user for user in people_with(permission) if user.pk not in barred]


def _alert() -> tuple[str, str]:
    link = settings.BASE_URL + reverse("alerts")
    text = render_to_string("oversight/mails/alert.txt", {"link": link})
    return _("Candor: an alert waits"), text


def _nobody() -> tuple[str, str]:
    link = settings.BASE_URL + reverse("people")
    text = render_to_string("oversight/mails/alert_nobody.txt", {"link": link})
    return _("Candor: your agency needs another auditor"), text
