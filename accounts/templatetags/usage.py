"""How pages and mails say what is left of a license."""

from datetime import date

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.faults import FAULTS
from accounts.licensing import Terms
from accounts.models import Kind
from accounts.models.usage import OVERAGE, TERM
from accounts.usage import Limit
from portal.days import day_in_words

register = template.Library()


def grouped(number: int | None) -> str:
    """A number as the language writes it: 1,000,000 or 1 000 000; nothing for None."""
    return "" if number is None else number_format(number, use_l10n=True, force_grouping=True)


@register.filter
def fault_words(code: str) -> str:
    """The words for a code of accounts.faults."""
    return str(FAULTS[code])


@register.filter
def limit_name(limit: Limit) -> str:
    """What a limit is called in a table."""
    if limit.kind == Kind.SEARCH and limit.is_month:
        return _("Searches in %s") % _month(limit.period)
    if limit.kind == Kind.SEARCH:
        beyond = limit.period == OVERAGE
        return _("Searches beyond the limit") if beyond else _("Searches in the term")
    return str(limit.kind.label)


@register.filter
def limit_words(limit: Limit) -> str:
    """What is left of a limit, in a sentence; nothing where there is no limit."""
    if limit.left is None:
        return ""
    if limit.left == 0:
        return _("%(name)s: all %(allowed)s are used.") % {
            "name": limit_name(limit),
            "allowed": grouped(limit.allowed),
        }
    numbers = {"left": grouped(limit.left), "allowed": grouped(limit.allowed)}
    return _sentence(limit, limit.left) % numbers


def _month(period: str) -> str:
    """A month in words, from "2026-11"."""
    return date_format(date.fromisoformat(f"{period}-01"), "F Y")


def _sentence(limit: Limit, left: int) -> str:
    if limit.kind == Kind.SEAT:
        text = ngettext(
            "%(left)s of %(allowed)s seats is left.",
            "%(left)s of %(allowed)s seats are left.",
            left,
        )
    elif limit.kind == Kind.FACE:
        text = ngettext(
            "%(left)s of %(allowed)s enrolled faces is left.",
            "%(left)s of %(allowed)s enrolled faces are left.",
            left,
        )
    elif limit.period == TERM:
        text = ngettext(
            "%(left)s of %(allowed)s searches is left in the license's term.",
            "%(left)s of %(allowed)s searches are left in the license's term.",
            left,
        )
    elif limit.period == OVERAGE:
        text = ngettext(
            "%(left)s of %(allowed)s searches beyond the limit is left.",
            "%(left)s of %(allowed)s searches beyond the limit are left.",
            left,
        )
    else:
        text = ngettext(
            "%(left)s of %(allowed)s searches is left this month.",
            "%(left)s of %(allowed)s searches are left this month.",
            left,
        )
    return text


@register.filter
def reset_words(limit: Limit, terms: Terms) -> str:
    """When a limit begins anew; nothing for seats and faces, which never do."""
    if limit.is_month:
        return _("The count begins anew on %s.") % day_in_words(after_month(limit.period))
    if limit.period in (TERM, OVERAGE):
        return _("The term ends on %s.") % day_in_words(terms.ends_on)
    return ""


def after_month(period: str) -> date:
    """The first day after a month such as "2026-12"."""
    year, month = (int(part) for part in period.split("-"))
    return date(year + month // 12, month % 12 + 1, 1)
