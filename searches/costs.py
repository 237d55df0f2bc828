"""What a search takes from the license and from its case, said before it is submitted."""

from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.licensing import LicenseState, Terms
from accounts.templatetags.usage import after_month
from accounts.usage import Allowance, Limit
from portal.days import day_in_words
from searches.faults import message_of


def cost_words(allowed: Allowance, left_in_case: int) -> list[str]:
    """Sentences about the search that would be submitted now; `left_in_case` counts it.

    Empty where the license lets nobody search: the page says that in another place.
    """
    if allowed.terms is None or allowed.code or allowed.searches_used_up:
        return []
    return [_of_license(allowed, allowed.terms), _of_case(left_in_case)]


def _of_license(allowed: Allowance, terms: Terms) -> str:
    limit = allowed.tightest
    if limit is None or limit.left is None:
        text = _("This search counts against no limit: your license sets none until %(day)s.")
        return text % {"day": day_in_words(_last_day(terms))}
    if limit.left == 0:
        beyond = allowed.overage.left if allowed.overage else 0
        text = ngettext(
            "All searches of the license are used. This is the last one beyond them, and charged.",
            "All searches of the license are used. This is one of %(left)s beyond them, which are"
            " charged.",
            beyond or 0,
        )
        return text % {"left": beyond}
    text = ngettext(
        "This search is the last one left until %(day)s.",
        "This search is one of %(left)s left until %(day)s.",
        limit.left,
    )
    return text % {"left": limit.left, "day": day_in_words(_until(limit, terms))}


def _of_case(left: int) -> str:
    if left <= 0:
        return message_of("case_cap_reached")
    text = ngettext(
        "It is the last one that the case may have. If it fails, it does not count.",
        "The case may have %(left)s more, this one among them. If it fails, it does not count.",
        left,
    )
    return text % {"left": left}


def _until(limit: Limit, terms: Terms) -> date:
    """The last day on which what is left of a limit can be used."""
    last = _last_day(terms)
    return min(last, after_month(limit.period) - timedelta(days=1)) if limit.is_month else last


def _last_day(terms: Terms) -> date:
    return terms.last_usable_day if terms.state == LicenseState.GRACE else terms.ends_on
