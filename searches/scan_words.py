"""How a search compared, in words; searches/scan/ does it."""

import math
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal.days import day_in_words


def comparison_in_words(comparison: dict[str, Any]) -> str:
    """Of `Search.comparison`: the least share of the nearest that any of its scans found."""
    scanned = comparison.get("scanned", [])
    if not scanned:
        return _("Every picture was compared exactly")
    least = min(scanned, key=lambda one: one["recall"])
    text = _(
        "Full scan of codes of all pictures, the nearest compared exactly; it found %(share)s of"
        " the nearest pictures (%(count)s searches, %(day)s)"
    )
    return text % {
        "share": share_in_words(least["recall"]),
        "count": least["measured_on"],
        "day": day_in_words(localtime(datetime.fromisoformat(least["measured_at"]))),
    }


def share_in_words(share: float) -> str:
    """A share as per cent with two digits, never more than it is."""
    return _("%(value)s%%") % {"value": number_format(math.floor(share * 10_000) / 100, 2)}
