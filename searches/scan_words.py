"""How a search compared, in words; searches/scan/ does it."""

import math
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def comparison_in_words(comparison: dict[str, Any]) -> str:
    """Of `Search.comparison`: the least share of the nearest that any of its scans found."""
    scanned = comparison.get("scanned", [])
    if not scanned:
        return _("Every picture was compared exactly")
    text = _(
        "Full scan of codes of all pictures, the nearest compared exactly; measured before, it"
        " found %(share)s of the nearest pictures of the gallery"
    )
    return text % {"share": share_in_words(min(one["recall"] for one in scanned))}


def share_in_words(share: float) -> str:
    """A share as per cent with two digits, never more than it is."""
    return _("%(value)s%%") % {"value": number_format(math.floor(share * 10_000) / 100, 2)}
