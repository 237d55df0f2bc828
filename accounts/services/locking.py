"""The lock after failed log-ins (CJIS AC-7): counted exactly, ended by an administrator only.

It concerns log-in alone: sessions that run already go on. Nothing of it reaches the page of log-in.
"""

import logging
from dataclasses import replace
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts import mails_access
from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Membership, User
from accounts.permissions import Permission
from accounts.policies import strictest
from accounts.services.seats import lock_agency
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring_for_all
from portal.tenancy import user_scope

logger = logging.getLogger(__name__)
# No row has this number.
NOBODY = 0


LOGIN_FIELDS = (
    "recent_failures",
    "locked_at",
    "lock_told_at",
    "disabled_at",
    "disabled_reason",
    "unused_warned",
    "released_at",
)


def may_log_in(user: User) -> bool:
    """Whether nothing keeps the person out. Also when the clock's task has not run of late."""
    unused = timezone.now() - user.last_use >= timedelta(days=strictest(user).disable_after_days)
    return user.is_active and not user.login_state and not unused


@transaction.atomic
def note_failure(*, email: str, source: str) -> None:
    """Count a wrong password or second factor; the last one allowed locks the person's log-in.

    The person's row is locked meanwhile, so that failures at the same moment are counted one by
    one. Addresses without an account count nothing, and cost as many queries as others.
    """
    found = User.objects.select_for_update(no_key=True).filter(email=email.strip().lower())
    user = found.first() or User(pk=NOBODY)
    now, policy = timezone.now(), strictest(user)
    if user.pk == NOBODY or user.locked_at is not None:
        # What is tried while it is locked does not count.
        User.objects.filter(pk=user.pk).update(locked_at=user.locked_at)
        return
    since = now - timedelta(minutes=policy.lock_window_minutes)
    user.recent_failures = [at for at in user.recent_failures if at > since] + [now]
    if len(user.recent_failures) >= policy.lock_failures:
        user.locked_at, user.lock_told_at = now, None
        failures = {"failures": len(user.recent_failures)}
        record_everywhere(user, Action.ACCOUNT_LOCKED, failures, job="lock", source=source)
        # By a worker: how long a page takes must not tell whose address exists.
        ring_for_all("accounts.tasks.tell_of_locks")
    user.save(update_fields=["recent_failures", "locked_at", "lock_told_at"])


def note_success(user: User) -> None:
    """A complete log-in forgets the failures and the warnings before it."""
    User.objects.filter(pk=user.pk).update(recent_failures=[], unused_warned=None)


@transaction.atomic
def release(*, actor: Actor, membership: Membership) -> User:
    """Let a member of the agency log in again, by any administrator of it. Raises Fault.

    Somebody of several agencies is released by one of them for all.
    """
    actor.require(Permission.MANAGE_PEOPLE)
    lock_agency(actor.agency)
    membership.refresh_from_db()
    if membership.deactivated_at is not None:
        raise Fault("member_deactivated")
    user = User.objects.select_for_update(no_key=True).get(pk=membership.user_id)
    if user.is_staff:
        raise Fault("staff_lock")
    return _release(actor, user)


@transaction.atomic
def release_from_platform(*, actor: Actor, user: User) -> User:
    """The platform's staff release each other; the operator's command releases anybody.

    That is the way out for an agency whose only administrator is locked. Raises Fault.
    """
    actor.require_platform()
    row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not row.is_staff and actor.user_id is not None:
        raise PermissionDenied("Administrators release the people of their agency")
    state = row.login_state
    _release(actor, row)
    for agency_id in agencies_of(row):
        concerned = replace(actor, agency_id=agency_id)
        record(concerned, Action.ACCOUNT_RELEASED, row, {"from": state})
    return row


def _release(actor: Actor, user: User) -> User:
    if user.pk == actor.user_id:
        raise Fault("own_lock")
    state = user.login_state
    if not state:
        raise Fault("not_locked")
    user.recent_failures, user.locked_at, user.lock_told_at = [], None, None
    user.disabled_at, user.disabled_reason, user.unused_warned = None, "", None
    user.released_at = timezone.now()
    user.save(update_fields=LOGIN_FIELDS)
    record(actor, Action.ACCOUNT_RELEASED, user, {"from": state})
    return user


def tell_of_locks() -> int:
    """Send the mails about new locks, each once; returns how many locks that were."""
    told = 0
    waiting = User.objects.filter(locked_at__isnull=False, lock_told_at=None)
    for pk in waiting.values_list("pk", flat=True):
        try:
            told += _tell(pk)
        except (OSError, SMTPException) as error:
            logger.warning("User %s: lock not told (%s); tried again", pk, type(error).__name__)
    return told


@transaction.atomic
def _tell(pk: int) -> bool:
    rows = User.objects.select_for_update(no_key=True, skip_locked=True)
    user = rows.filter(pk=pk, locked_at__isnull=False, lock_told_at=None).first()
    if user is None:
        return False  # another worker tells, or the person was released
    user.lock_told_at = timezone.now()
    user.save(update_fields=["lock_told_at"])
    mails_access.tell_of_lock(user, agencies_of(user))
    return True


def agencies_of(user: User) -> list[int]:
    """The agencies of which a person is an active member."""
    with user_scope(user.pk):
        # The manager wants an agency; row-level security shows a person their own rows.
        own = Membership._base_manager.filter(user_id=user.pk, deactivated_at=None)
        return list(own.order_by("agency_id").values_list("agency_id", flat=True))


def record_everywhere(
    user: User, action: Action, data: dict[str, Any], *, job: str, source: str
) -> None:
    """In every agency of the person; in the platform's record for staff and people of none."""
    system = Actor(None, f"system ({job})", None, frozenset(), source)
    agencies: list[int | None] = [*agencies_of(user)]
    if user.is_staff or not agencies:
        agencies.append(None)
    for agency_id in agencies:
        record(replace(system, agency_id=agency_id), action, user, data)


@receiver(user_logged_in)
def forget_failures(request: HttpRequest, user: User, **kwargs: Any) -> None:
    note_success(user)
