"""How pages write times, durations and similarities."""

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A point in time in the agency's time zone; nothing for None."""
    if value is None:
        return ""
    text = date_format(timezone.localtime(value), "j M Y, H:i")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), text)


@register.filter
def day(value: date | None) -> SafeString | str:
    """A calendar day; nothing for None."""
    if value is None:
        return ""
    text = date_format(value, "j M Y")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def elapsed(since: datetime) -> str:
    """How long ago that was, to the second."""
    return _in_words(timezone.now() - since)


@register.filter
def took(until: datetime, since: datetime) -> str:
    """How long it took from `since` to `until`."""
    return _in_words(until - since)


@register.filter
def decimals(value: float, places: int) -> str:
    """A measured number with a decimal point in every language, as reports quote it."""
    return f"{value:.{places}f}"


def _in_words(span: timedelta) -> str:
    seconds = max(0, span.total_seconds())
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return _("%(seconds)s s") % {"seconds": rest}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
