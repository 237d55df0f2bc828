"""Log-ins of a person: kept at log-in, limited in time, ended by the person."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Least
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User, UserSession
from accounts.policies import strictest
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.http import source_of
from portal.rows import fetch
from portal.tenancy import user_scope

ROW_KEY = "candor_session"
SEEN_EVERY = timedelta(minutes=1)


def row_of(request: HttpRequest) -> int:
    """The number of the request's session; 0, which no row has, when there is none."""
    return int(request.session.get(ROW_KEY, 0))


def hash_of_key(session_key: str) -> str:
    return sha256(session_key.encode()).hexdigest()


@receiver(user_logged_in)
@transaction.atomic
def start_session(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Remember a log-in; a second one in the same browser takes the place of the first."""
    now, policy = timezone.now(), strictest(user)
    with user_scope(user.pk):
        stale = Q(pk=row_of(request)) | ~within_limits(now)
        UserSession.objects.filter(stale, user=user).delete()
        row = UserSession.objects.create(
            user=user,
            key_hash=hash_of_key(request.session.session_key or ""),
            user_agent=request.META.get("HTTP_USER_AGENT", "")[:300],
            address=source_of(request),
            started_at=now,
            last_seen_at=now,
            idle_minutes=policy.idle_minutes,
            session_hours=policy.session_hours,
        )
    request.session[ROW_KEY] = row.pk


@receiver(user_logged_out)
def forget_session(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """At log-out nothing is left to be listed."""
    if user is None:
        return
    with user_scope(user.pk):
        UserSession.objects.filter(pk=row_of(request), user=user).delete()


def within_limits(now: datetime) -> Q:
    """Condition of sessions that are neither idle for too long nor too old."""
    idle = _times(Least("idle_minutes", settings.SESSION_IDLE_MINUTES), timedelta(minutes=1))
    age = _times(Least("session_hours", settings.SESSION_HOURS), timedelta(hours=1))
    return Q(last_seen_at__gt=now - idle, started_at__gt=now - age)


def _times(number: Least, unit: timedelta) -> "ExpressionWrapper[CombinedExpression]":
    return ExpressionWrapper(number * Value(unit), output_field=DurationField())


def idle_limit(row: UserSession) -> int:
    """Minutes: what held at log-in, or what the operator has set since if that is tighter."""
    return min(row.idle_minutes, settings.SESSION_IDLE_MINUTES)


def age_limit(row: UserSession) -> int:
    """Hours; see `idle_limit`."""
    return min(row.session_hours, settings.SESSION_HOURS)


def reason_to_end(row: UserSession | None, now: datetime) -> str:
    """Why a session may not go on: "ended", "age" or "idle"; "" when it may."""
    if row is None:
        return "ended"
    if now - row.started_at >= timedelta(hours=age_limit(row)):
        return "age"
    if now - row.last_seen_at >= timedelta(minutes=idle_limit(row)):
        return "idle"
    return ""


def sessions_of(user: User) -> list[UserSession]:
    """Where the person is logged in now, the last used first."""
    with user_scope(user.pk):
        return list(UserSession.objects.filter(within_limits(timezone.now()), user=user))


def _row(pk: int, user: User) -> UserSession | None:
    found = fetch("accounts_usersession WHERE id = %s AND user_id = %s", [pk, user.pk], UserSession)
    return found[0][0] if found else None


def current_session(user: User, request: HttpRequest) -> UserSession | None:
    """The row of this request's log-in; notes that it was seen, at most once a minute."""
    now = timezone.now()
    with user_scope(user.pk):
        row = _row(row_of(request), user)
        if row is None or reason_to_end(row, now):
            return row
        # Django gives a session a new key when the password changes.
        key_hash = hash_of_key(request.session.session_key or "")
        # What a page asks for by itself while it waits for a worker is no activity of a person.
        seen = now - row.last_seen_at >= SEEN_EVERY and "HX-Request" not in request.headers
        if seen or key_hash != row.key_hash:
            row.last_seen_at = now if seen else row.last_seen_at
            # An update and no save: another request may have ended the session meanwhile.
            changed = {"key_hash": key_hash, "last_seen_at": row.last_seen_at}
            UserSession.objects.filter(pk=row.pk).update(**changed)
    return row


@transaction.atomic
def end_sessions(*, actor: Actor, user: User, chosen: Q, reason: str = "ended") -> int:
    """End a person's sessions that meet a condition, at once; returns how many.

    A session whose row is gone is over, whatever Django still keeps (accounts/session_limits.py).
    """
    with user_scope(user.pk):
        rows = list(UserSession.objects.select_for_update().filter(chosen, user=user))
        UserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    person = replace(actor, agency_id=None)  # like log-ins, sessions belong to no agency
    for row in rows:
        _delete_django_session(row.key_hash)
        record(person, Action.SESSION_ENDED, row, {"reason": reason})
    return len(rows)


def _delete_django_session(key_hash: str) -> None:
    """An index on the expression finds it (migration 0005)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_session WHERE encode(sha256(session_key::bytea), 'hex') = %s",
            [key_hash],
        )
