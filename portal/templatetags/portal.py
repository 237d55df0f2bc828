"""How pages write times, durations and similarities."""

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.days import day_in_words, moment_in_words

register = template.Library()


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A point in time in the agency's time zone; nothing for None."""
    if value is None:
        return ""
    text, exact = moment_in_words(value), value.isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}</time>', exact, text)


@register.filter
def day(value: date | None) -> SafeString | str:
    """A calendar day; nothing for None."""
    if value is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), day_in_words(value))


@register.filter
def elapsed(since: datetime) -> str:
    """How long ago that was, in whole seconds."""
    return _in_words((timezone.now() - since).total_seconds(), 0)


@register.filter
def took(until: datetime, since: datetime) -> str:
    """How long it took from `since` to `until`; short times to the hundredth of a second."""
    return _in_words((until - since).total_seconds(), 2)


@register.filter
def duration(value: timedelta) -> str:
    """A span of time in words: hours and minutes when it is long."""
    minutes = round(value.total_seconds() / 60)
    if minutes < 60:
        return _in_words(value.total_seconds(), 0)
    return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def decimals(value: float, places: int) -> str:
    """A measured number with a decimal point in every language, as reports quote it."""
    return f"{value:.{places}f}"


def _in_words(seconds: float, places: int) -> str:
    seconds = max(0.0, seconds)
    if seconds < 60:
        shown = f"{seconds:.{places}f}" if seconds < 10 else f"{seconds:.0f}"
        return _("%(seconds)s s") % {"seconds": shown}
    minutes, rest = divmod(round(seconds), 60)
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
