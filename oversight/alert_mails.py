"""Notices of alerts by e-mail: that one waits, and nothing else of it.

They go to whoever handles alerts and whom the alert does not concern. Where there is nobody, the
people who manage accounts are told that the agency needs another auditor.
"""

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.people_queries import people_with
from accounts.permissions import Permission
from oversight.models import MisuseAlert
from portal.post import send_soon


def handlers_of(alert: MisuseAlert) -> list[User]:
    """Who may look into an alert."""
    return _people(Permission.HANDLE_ALERTS, alert.people)


def tell_of_alert(alert: MisuseAlert) -> None:
    """Tell who may look into it, once the alert is committed."""
    handlers = handlers_of(alert)
    if handlers:
        _send("alert", handlers, reverse("alerts"))
        return
    _send("alert_nobody", _people(Permission.MANAGE_PEOPLE, alert.people), reverse("people"))


def tell_of_handing_over(user: User) -> None:
    _send("alert", [user], reverse("alerts"))


def _people(permission: Permission, concerned: Iterable[int]) -> list[User]:
    barred = set(concerned)
    return [user for user in people_with(permission) if user.pk not in barred]


def _send(notice: str, people: Iterable[User], path: str) -> None:
    """Send a notice to each in their language, on commit."""
    for user in people:
        with translation.override(user.language or None):
            subject = _("Candor: an alert waits")
            if notice == "alert_nobody":
                subject = _("Candor: your agency needs another auditor")
            link = settings.BASE_URL + path
            text = render_to_string(f"oversight/mails/{notice}.txt", {"link": link})
        message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email])
        transaction.on_commit(partial(send_soon, message))
