"""Mails before a license ends: each once, however often the clock asks."""

import logging
from datetime import datetime, time, timedelta
from smtplib import SMTPException
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actor import system_actor
from accounts.agency_states import WORKING
from accounts.faults import Fault
from accounts.licensing import LicenseState, Terms, current_terms
from accounts.mails import send_license_reminder
from accounts.models import Agency, License, NotificationKind
from accounts.services.licenses.locks import one_at_a_time
from accounts.services.platform_record import record_for_both
from accounts.services.telling import notify
from accounts.services.warning import admins, who_can_act
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

DAYS_BEFORE = (60, 30, 7)


def tell_all(at: datetime | None = None) -> int:
    """Send what is due in every working agency; returns how many reminders that were."""
    with platform_scope():
        agencies = list(Agency.objects.filter(state__in=WORKING))
    return sum(tell_agency(agency, at or timezone.now()) for agency in agencies)


def tell_agency(agency: Agency, at: datetime) -> bool:
    """Tell of the license that counts, unless another one follows it.

    A mail server that is away delays, and loses nothing.
    """
    with scope(agency.pk):
        try:
            terms = current_terms(agency.pk, at)
            if terms is None or not (reached := _reached(terms, at)) or _is_followed(terms):
                return False
        except Fault as fault:  # tampered with: there is an alarm of its own
            logger.warning("Agency %s: no reminder of the license (%s)", agency.pk, fault.code)
            return False
        people = who_can_act(agency)
    if "@" in settings.PLATFORM_CONTACT:
        people.append((settings.PLATFORM_CONTACT, settings.LANGUAGE_CODE))
    try:
        return _tell(agency, terms, min(reached), people)
    except (OSError, SMTPException) as error:
        kind = type(error).__name__
        logger.warning("Agency %s: no reminder of the license sent (%s)", agency.pk, kind)
        return False


def _reached(terms: Terms, at: datetime) -> list[int]:
    """Those of DAYS_BEFORE that have come; none that lies before the license itself."""
    if terms.state != LicenseState.ACTIVE:
        return []
    left, length = (terms.ends_on - terms.local_day(at)).days, terms.ends_on - terms.starts_on
    return [days for days in DAYS_BEFORE if left <= days < length.days]


def _is_followed(terms: Terms) -> bool:
    """Whether another license is active on the day after this one's last."""
    day = terms.ends_on + timedelta(days=1)
    then = datetime.combine(day, time(12), tzinfo=ZoneInfo(terms.time_zone))
    next_terms = current_terms(terms.agency_id, then)
    return next_terms is not None and next_terms.state == LicenseState.ACTIVE


@transaction.atomic
def _tell(agency: Agency, terms: Terms, days: int, people: list[tuple[str, str]]) -> bool:
    """Send one reminder; the platform's record knows whether that was done before."""
    one_at_a_time(f"ending {terms.license_id}")
    facts = {"number": terms.number, "ends_on": terms.ends_on.isoformat(), "days": days}
    with platform_scope():
        sent = AuditEntry.objects.filter(
            agency_id=None, action=Action.LICENSE_REMINDED, subject_id=str(terms.license_id)
        )
        known = [entry.data for entry in sent]
        if any(d["ends_on"] == facts["ends_on"] and d["days"] <= days for d in known):
            return False
        license = License.objects.get(pk=terms.license_id)
        record_for_both(
            system_actor("end of license", agency.pk),
            Action.LICENSE_REMINDED,
            agency,
            facts,
            license,
        )
    with scope(agency.pk):
        notify(admins(), NotificationKind.LICENSE_ENDS, agency)
    for address, language in people:
        send_license_reminder(agency, terms, address, language)
    return True
