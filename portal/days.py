"""How days and moments are written everywhere, so that nobody takes the month for the day."""

from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import pgettext


def day_in_words(day: date) -> str:
    """As "30 Nov 2026"."""
    return date_format(day, pgettext("Django date format", "j M Y"))


def moment_in_words(moment: datetime) -> str:
    """As "30 Nov 2026, 17:02" in the active time zone."""
    return date_format(localtime(moment), pgettext("Django date format", "j M Y, H:i"))
