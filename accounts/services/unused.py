"""Disabling the log-in of people who do not use it (CJIS AC-2(3)), with warnings before."""

import logging
import math
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts import mails_access
from accounts.models import Agency, AgencyState, Membership, User
from accounts.policies import installation_policy, policy_of, strictest
from accounts.services.locking import record_everywhere
from portal.audit.actions import Action
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

WARN_DAYS = (14, 3)


def disable_unused() -> int:
    """Warn and disable whoever is due, in all open agencies and of the platform's staff.

    Returns how many people were disabled. The tightest policy of a person's agencies counts.
    """
    now = timezone.now()
    disabled = 0
    for pk in sorted(_long_away(now)):
        try:
            disabled += _look_at(pk, now)
        except (OSError, SMTPException) as error:
            logger.warning("User %s: not told (%s); tried again", pk, type(error).__name__)
    return disabled


def _long_away(now: datetime) -> set[int]:
    """Who is within the time of warnings in one of their agencies, or beyond it."""
    with platform_scope():
        agencies = list(Agency.objects.exclude(state=AgencyState.CLOSED))
    days = installation_policy().disable_after_days
    found = set(_away(User.objects.filter(is_staff=True), now, days))
    for agency in agencies:
        with scope(agency.pk):
            members = Membership.objects.filter(deactivated_at=None).values("user_id")
            days = policy_of(agency.pk).disable_after_days
            found |= set(_away(User.objects.filter(pk__in=members), now, days))
    return found


def _away(people: QuerySet[User], now: datetime, days: int) -> "QuerySet[User, int]":
    """Ids of active people whose last use lies so far back that a warning or more is due."""
    # PostgreSQL's GREATEST passes over empty values.
    used = people.annotate(used=Greatest("date_joined", "last_login", "released_at"))
    edge = now - timedelta(days=days - min(max(WARN_DAYS), days // 2))
    return used.filter(used__lte=edge, is_active=True, disabled_at=None).values_list(
        "pk", flat=True
    )


@transaction.atomic
def _look_at(pk: int, now: datetime) -> bool:
    """Disable one person or send the warning that is due; whether they were disabled."""
    user = User.objects.select_for_update(no_key=True).get(pk=pk)
    days = strictest(user).disable_after_days
    left = math.ceil(days - (now - user.last_use) / timedelta(days=1))
    if user.disabled_at is not None or not user.is_active:
        return False
    if left <= 0:
        user.disabled_at, user.disabled_reason = now, "unused"
        user.save(update_fields=["disabled_at", "disabled_reason"])
        _record(user, Action.ACCOUNT_DISABLED, {"reason": "unused"})
        mails_access.tell_of_disabling(user, days)
        return True
    # A short time leaves no room for an early warning: it would come after every log-in.
    due = [step for step in WARN_DAYS if left <= step <= days // 2]
    if due and (user.unused_warned is None or min(due) < user.unused_warned):
        user.unused_warned = min(due)
        user.save(update_fields=["unused_warned"])
        _record(user, Action.ACCOUNT_WARNED, {"days": left})
        mails_access.warn_of_disabling(user, left)
    return False


def _record(user: User, action: Action, data: dict[str, object]) -> None:
    record_everywhere(user, action, data, job="unused", source="job: unused")
