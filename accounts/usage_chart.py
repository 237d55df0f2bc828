"""The charts of usage: searches by day and by month, by purpose, and the forecast of a limit."""

from collections.abc import Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.forecasts import Span
from accounts.purposes import Purpose
from accounts.usage_queries import Day
from portal.charts.outlook import Course, outlook
from portal.charts.scale import coordinate, month_name, month_ticks, months_until, number
from portal.charts.shapes import Chart, Tick, Words
from portal.charts.stacked import Column, scale_of, stacked, table_of
from portal.days import day_in_words

MONTHS = 12  # in the chart; the table has all

ByMonth = Sequence[tuple[str, dict[str, int]]]


def chart_of_days(days: Sequence[Day]) -> Chart:
    """A column a day; the table leaves out days without a search."""
    columns = [Column(day_in_words(day.day), _quantities(day.by_purpose)) for day in days]
    words = Words("by-day", _("Searches by day and purpose"), _summary(columns))
    scale, every = scale_of(columns), max(1, len(days) // 8)
    ticks = [
        Tick(coordinate(scale.x(place + 0.5)), date_format(day.day, "j"))
        for place, day in enumerate(days)
        if place % every == 0
    ]
    series = [str(purpose.label) for purpose in Purpose]
    table = table_of(_("Day"), [column for column in columns if column.total], series)
    return stacked(words, columns, ticks, series, table)


def chart_of_months(by_month: ByMonth, shown: date, today: date) -> Chart:
    """The latest MONTHS months; the table has all with a search, each leading to its days."""
    found = {date.fromisoformat(f"{name}-01"): by for name, by in by_month}
    months = months_until(today, MONTHS)
    columns = [_month(month, found.get(month, {}), shown) for month in months]
    words = Words("by-month", _("Searches by month and purpose"), _summary(columns))
    series = [str(purpose.label) for purpose in Purpose]
    table = table_of(_("Month"), [_month(one, by, shown) for one, by in found.items()], series)
    return stacked(words, columns, month_ticks(months, scale_of(columns)), series, table)


def _month(month: date, by_purpose: dict[str, int], shown: date) -> Column:
    href = f"?month={month:%Y-%m}"
    return Column(month_name(month), _quantities(by_purpose), href, month == shown)


def _quantities(by_purpose: dict[str, int]) -> list[int]:
    return [by_purpose.get(purpose.value, 0) for purpose in Purpose]


def _summary(columns: Sequence[Column]) -> str:
    """What the picture shows at a glance."""
    fullest = max(columns, key=lambda column: column.total)
    return _("%(total)s in all; the most on one bar: %(most)s (%(title)s).") % {
        "total": number(sum(column.total for column in columns)),
        "most": number(fullest.total),
        "title": fullest.title,
    }


def chart_of_span(name: str, span: Span) -> Chart:
    """What was used of a limit, what is expected, and where the limit lies."""
    ahead = range(1, span.forecast.days_left + 1)
    course = Course(
        first=span.first,
        last=span.last,
        today=span.today,
        by_day=span.by_day,
        used=span.forecast.used,
        expected=[span.forecast.expected_after(days) for days in ahead],
        allowed=span.allowed,
        used_up_on=span.used_up_on,
    )
    title = {"term": _("Forecast for the term"), "month": _("Forecast for this month")}[name]
    return outlook(Words(f"forecast-{name}", title, span_in_words(span)), course)


def span_in_words(span: Span) -> str:
    """What a forecast says, in a sentence."""
    values = {"n": number(span.forecast.expected), "day": day_in_words(span.last)}
    text = _("Searches expected by the end of %(day)s: %(n)s.") % values
    if span.allowed is None:
        return text
    if span.used_up_on is None:
        said = _("The limit of %(allowed)s is not reached.")
    else:
        said = _("The limit of %(allowed)s is reached on %(day)s.")
        values["day"] = day_in_words(span.used_up_on)
    return f"{text} {said % (values | {'allowed': number(span.allowed)})}"
