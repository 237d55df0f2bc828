"""Ends a log-in that is idle or old, was ended by its person, or by the agency whose it is."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from accounts.login.single_sign_on.sessions import is_revoked
from accounts.models import User, UserSession
from accounts.services.user_sessions import (
    age_limit,
    current_session,
    end_sessions,
    idle_limit,
    reason_to_end,
)
from portal.http import source_of


class SessionLimits:
    """After authentication and messages, before everything that works for a person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            row = current_session(request.user, request)
            reason = reason_to_end(row, timezone.now())
            if not reason and is_revoked(request):
                reason = "sign_on"
            if reason:
                _end(request, request.user, row, reason)
        return self.get_response(request)


def _end(request: HttpRequest, user: User, row: UserSession | None, reason: str) -> None:
    """Forget the log-in; the page asked for leads to the log-in page, which says why."""
    if row is not None:
        actor = Actor(user.pk, user.email, None, frozenset(), source_of(request))
        end_sessions(actor=actor, user=user, chosen=Q(pk=row.pk), reason=reason)
    request.session.flush()
    request.user = AnonymousUser()
    messages.info(request, _explanation(row, reason))


def _explanation(row: UserSession | None, reason: str) -> str:
    if row is not None and reason == "idle":
        minutes = idle_limit(row)
        return ngettext(
            "You were logged out because nothing happened for %(n)s minute.",
            "You were logged out because nothing happened for %(n)s minutes.",
            minutes,
        ) % {"n": minutes}
    if row is not None and reason == "age":
        hours = age_limit(row)
        return ngettext(
            "You were logged out because you have to log in again after %(n)s hour.",
            "You were logged out because you have to log in again every %(n)s hours.",
            hours,
        ) % {"n": hours}
    if reason == "sign_on":
        return _("Your agency has ended the log-in by which you came. Log in again to go on.")
    return _("This session was ended. Log in again to go on.")
