"""The charts of the statistics of examinations: agreement and times, month by month."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from portal.charts.monthly import Measure, Month, monthly
from portal.charts.scale import month_name, number, percent, round_top
from portal.charts.shapes import Chart, Words
from searches.agreement_months import decided_alike, hours_to_conclusion


def agreement_chart(first: date | None, last: date | None) -> Chart | None:
    """The share decided alike; None where nothing is to be shown."""
    months = decided_alike(first, last)
    measure = Measure([_("Decided alike")], _("Pairs of decisions"), 1, percent, has_interval=True)
    return _chart("alike-by-month", _("Share decided alike by month"), months, measure)


def turnaround_chart(first: date | None, last: date | None) -> Chart | None:
    """Hours from submission to conclusion; None where nothing is to be shown."""
    months = hours_to_conclusion(first, last)
    most = max((value for month in months for value in month.values or ()), default=0)
    series = [_("Median"), _("90th percentile")]
    measure = Measure(series, _("Searches"), round_top(most), hours)
    title = _("Hours from submission to conclusion by month")
    return _chart("turnaround", title, months, measure)


def hours(value: float) -> str:
    """Hours to the tenth where they are few: "3.5 h", "48 h", "0 h"."""
    return f"{number(value, 1 if 0 < value < 10 and value % 1 else 0)} h"


def _chart(name: str, title: str, months: Sequence[Month], measure: Measure) -> Chart | None:
    if not months:
        return None
    return monthly(Words(name, title, _summary(months, measure)), months, measure)


def _summary(months: Sequence[Month], measure: Measure) -> str:
    """The latest month in which anything is measured."""
    latest = next((month for month in reversed(months) if month.values is not None), None)
    if latest is None or latest.values is None:
        return _("Too little was counted in every month to measure anything.")
    pairs = zip(measure.series, latest.values, strict=True)
    said = ", ".join(f"{label}: {measure.said(value)}" for label, value in pairs)
    return _("Latest, in %(month)s: %(said)s.") % {
        "month": month_name(latest.first),
        "said": said,
    }
