"""Staff sessions of the platform, and who its staff are."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Least, Now
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import StaffSession, User
from accounts.models.staff import MIN_REASON
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.audit.recorder import record
from portal.http import source_of
from portal.tenancy import platform_scope

# CJIS AC-7: five wrong passwords within fifteen minutes.
MOST_TRIES, TRIES_WITHIN = 5, timedelta(minutes=15)


def staff_actor(user: User, source: str) -> Actor:
    """A person of the platform's staff, acting for the platform and in no agency."""
    return Actor(user.pk, user.email, None, frozenset(), source, platform=user.is_staff)


def open_staff_session(*, actor: Actor, user: User, reason: str, password: str) -> StaffSession:
    """Open a session for a stated reason; the person's password is asked for again.

    An open session of the same person ends. Raises Fault; a wrong password is recorded.
    """
    actor.require_platform()
    reason = reason.strip()
    if len(reason) < MIN_REASON:
        raise Fault("reason_too_short")
    code = ""
    if _refusals(user) >= MOST_TRIES:
        code = "staff_locked"
    elif not user.check_password(password):
        code = "staff_password_wrong"
    if code:
        record(actor, Action.STAFF_SESSION_REFUSED, user, {"code": code})
        raise Fault(code)
    return _open(actor, user, reason)


@transaction.atomic
def _open(actor: Actor, user: User, reason: str) -> StaffSession:
    minutes = settings.STAFF_SESSION_MINUTES
    with platform_scope():
        # One at a time: two browsers of one person do not open two sessions at once.
        User.objects.select_for_update().get(pk=user.pk)
        for open_one in StaffSession.objects.filter(user=user, ended_at=None):
            end_staff_session(actor=actor, session=open_one)
        session = StaffSession.objects.create(
            user=user, reason=reason, expires_at=timezone.now() + timedelta(minutes=minutes)
        )
        record(
            actor,
            Action.STAFF_SESSION_OPENED,
            session,
            {"minutes": minutes},
            content={"reason": reason},
        )
    return session


@transaction.atomic
def end_staff_session(*, actor: Actor, session: StaffSession) -> None:
    """End a session now; one that has expired ended when it expired."""
    with platform_scope():
        open_ones = StaffSession.objects.filter(pk=session.pk, ended_at=None)
        if open_ones.update(ended_at=Least(Now(), F("expires_at"))):
            record(actor, Action.STAFF_SESSION_ENDED, session)


def open_session_of(user: User, session_id: object) -> StaffSession | None:
    """The person's session with this id, while it is open."""
    if not isinstance(session_id, int) or not (user.is_active and user.is_staff):
        return None
    with platform_scope():
        sessions = StaffSession.objects.filter(pk=session_id, user=user, ended_at=None)
        return sessions.filter(expires_at__gt=Now()).first()


@receiver(user_logged_out)
def end_with_the_login(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Who logs out, or is logged out, leaves no staff session open."""
    if user is None or not user.is_staff:
        return
    with platform_scope():
        for session in StaffSession.objects.filter(user=user, ended_at=None):
            end_staff_session(actor=staff_actor(user, source_of(request)), session=session)


def _refusals(user: User) -> int:
    """Wrong passwords of late; tries while locked do not prolong the lock."""
    with platform_scope():
        entries = AuditEntry.objects.filter(
            agency_id=None, subject_type="user", subject_id=str(user.pk)
        ).filter(action=Action.STAFF_SESSION_REFUSED, at__gt=Now() - Value(TRIES_WITHIN))
        return entries.filter(data__code="staff_password_wrong").count()


@transaction.atomic
def add_staff(*, actor: Actor, email: str, name: str, password: str) -> User:
    """A new person of the platform's staff. Raises ValidationError on bad values."""
    actor.require_platform()
    user = User(email=email.strip().lower(), name=name.strip(), is_staff=True)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    record(actor, Action.STAFF_ADDED, user)
    return user


@transaction.atomic
def change_staff(*, actor: Actor, user: User, name: str, is_active: bool) -> User:
    """Rename or (de)activate somebody else of the staff. Raises Fault for oneself."""
    actor.require_platform()
    row = User.objects.select_for_update().get(pk=user.pk, is_staff=True)
    if row.pk == actor.user_id and not is_active:
        raise Fault("own_account")
    values = {"name": name.strip(), "is_active": is_active}
    changed = sorted(field for field, value in values.items() if getattr(row, field) != value)
    if changed:
        for field in changed:
            setattr(row, field, values[field])
        row.full_clean()
        row.save(update_fields=changed)
        record(actor, Action.STAFF_CHANGED, row, {"fields": changed})
    return row
