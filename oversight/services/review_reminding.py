"""Mails about weeks that nobody has signed: each once, however often the clock asks."""

import logging
from datetime import date, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actor import system_actor
from accounts.agency_states import WORKING
from accounts.certificates import today_in
from accounts.models import Agency, Membership, NotificationKind, Role, User
from accounts.services.telling import at_once, tell
from oversight.models import ReminderKind, ReviewReminder
from oversight.weeks import DUE_AFTER, OVERDUE_AFTER, unsigned
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.days import day_in_words
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

# Nobody is mailed about weeks from long before anybody was asked to review them.
FORGET_AFTER = timedelta(days=35)
TOLD = {
    ReminderKind.DUE: NotificationKind.REVIEW_DUE,
    ReminderKind.OVERDUE: NotificationKind.REVIEW_OVERDUE,
}


def remind_all() -> int:
    """Send what is due in every working agency; returns how many weeks that were."""
    with platform_scope():
        agencies = list(Agency.objects.filter(state__in=WORKING))
    return sum(remind_agency(agency) for agency in agencies)


def remind_agency(agency: Agency) -> int:
    """Send what is due in one agency. A mail server that is away delays, and loses nothing."""
    sent, today = 0, today_in(agency)
    with scope(agency.pk):
        for week in unsigned(agency):
            kind = _kind_due(week.first, today)
            if kind is None:
                continue
            try:
                sent += _remind(agency, week.first, kind)
            except (OSError, SMTPException) as error:
                logger.warning("Week %s: no reminder sent (%s)", week.name, type(error).__name__)
    return sent


def _kind_due(week: date, today: date) -> ReminderKind | None:
    age = today - week
    if age >= FORGET_AFTER or age < DUE_AFTER:
        return None
    return ReminderKind.OVERDUE if age >= OVERDUE_AFTER else ReminderKind.DUE


@transaction.atomic
def _remind(agency: Agency, week: date, kind: ReminderKind) -> bool:
    row, new = ReviewReminder.objects.get_or_create(week=week, kind=kind)
    if not new:
        return False
    facts = {"week": week.isoformat(), "of": kind.value}
    record(system_actor("reviews", agency.pk), Action.RECORD_REVIEW_REMINDED, row, facts)
    tell(_recipients(kind), TOLD[kind], row, lambda: _words(week, kind), post=at_once)
    return True


def _recipients(kind: ReminderKind) -> list[User]:
    """The auditors, and when it is overdue the admins too; each once."""
    roles = [Role.AUDITOR, Role.ADMIN] if kind == ReminderKind.OVERDUE else [Role.AUDITOR]
    working = Membership.objects.filter(
        roles__overlap=roles, deactivated_at=None, user__is_active=True
    )
    return [member.user for member in working.select_related("user")]


def _words(week: date, kind: ReminderKind) -> tuple[str, str]:
    facts = {"date": day_in_words(week), "link": settings.BASE_URL + reverse("reviews")}
    if kind == ReminderKind.OVERDUE:
        subject = _("The review of a week is overdue")
        body = _(
            "Nobody has reviewed the record of the week from %(date)s, and it is overdue. "
            "An auditor of your agency has to look through it and sign it:\n\n%(link)s"
        )
    else:
        subject = _("A week of the record waits for its review")
        body = _(
            "The week from %(date)s is over. Please look through its record and sign the "
            "review:\n\n%(link)s"
        )
    return subject, body % facts
