"""One month from receipt, three once it was extended: GDPR Article 12(3)."""

import calendar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Agency


def months_after(day: date, months: int) -> date:
    """The day with the same number so many months on, else the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def day_at(agency: Agency, moment: datetime) -> date:
    """The calendar day at the agency."""
    return timezone.localdate(moment, timezone=ZoneInfo(agency.time_zone))


def due_on(agency: Agency, received_at: datetime, *, extended: bool = False) -> date:
    return months_after(day_at(agency, received_at), 3 if extended else 1)
