"""What is measured month by month, as lines: with an interval, and silent where too little is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from portal.charts.scale import FLOOR, Scale, coordinate, month_name, month_ticks, number
from portal.charts.shapes import Chart, Dot, Gap, Key, Line, Row, Table, Words


@dataclass(frozen=True, slots=True)
class Month:
    """`n` observations; `values` has one of each series, or is None where `n` is too few.

    `interval` is that of the first series.
    """

    first: date
    n: int = 0
    values: Sequence[float] | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """The names of the series, what `n` counts, the highest value and how values are written."""

    series: Sequence[str]
    counted: str
    top: float
    said: Callable[[float], str]
    has_interval: bool = False


def monthly(words: Words, months: Sequence[Month], measure: Measure) -> Chart:
    """One column a month, in the order given and with none left out."""
    scale = Scale(measure.top, max(1, len(months)))
    kinds = range(len(measure.series))
    return Chart(
        words,
        scale.grid(measure.said),
        month_ticks([month.first for month in months], scale),
        _key(months, measure),
        _table(months, measure),
        lines=[line for kind in kinds for line in _lines(months, kind, scale)],
        dots=[dot for kind in kinds for dot in _dots(months, kind, scale, measure)],
        gaps=[
            Gap(coordinate(scale.x(place + 0.5)), coordinate(FLOOR - 5), _too_few(month))
            for place, month in enumerate(months)
            if month.n and month.values is None
        ],
    )


def _lines(months: Sequence[Month], kind: int, scale: Scale) -> list[Line]:
    """Lines through months that follow each other; a month without a value ends one."""
    runs: list[list[str]] = [[]]
    for place, month in enumerate(months):
        if month.values is None:
            runs.append([])
            continue
        x, y = scale.x(place + 0.5), scale.y(month.values[kind])
        runs[-1].append(f"{coordinate(x)},{coordinate(y)}")
    return [Line(" ".join(run), kind + 1, is_dashed=kind > 0) for run in runs if len(run) > 1]


def _dots(months: Sequence[Month], kind: int, scale: Scale, measure: Measure) -> list[Dot]:
    found = []
    for place, month in enumerate(months):
        if month.values is None:
            continue
        value = month.values[kind]
        title = f"{month_name(month.first)} · {measure.series[kind]}: {measure.said(value)}"
        ends = ["", ""]
        if kind == 0 and month.interval:
            title += f" ({_interval(month, measure)})"
            ends = [coordinate(scale.y(end)) for end in month.interval]
        x, y = coordinate(scale.x(place + 0.5)), coordinate(scale.y(value))
        found.append(Dot(x, y, kind + 1, title, *ends))
    return found


def _key(months: Sequence[Month], measure: Measure) -> list[Key]:
    found = [
        Key("dashed" if kind else "line", label, kind + 1)
        for kind, label in enumerate(measure.series)
    ]
    if measure.has_interval:
        found.append(Key("interval", _("Interval, 95 %")))
    if any(month.n and month.values is None for month in months):
        found.append(Key("gap", _("too few")))
    return found


def _table(months: Sequence[Month], measure: Measure) -> Table:
    """The months in which anything was counted, the newest first."""
    heads = [_("Month"), measure.counted, *measure.series]
    if measure.has_interval:
        heads.append(_("Interval, 95 %"))
    rows = []
    for month in reversed(months):
        if not month.n:
            continue
        if month.values is None:
            cells = [_("too few")] + [""] * (len(heads) - 3)
        else:
            cells = [measure.said(value) for value in month.values]
            if measure.has_interval:
                cells.append(_interval(month, measure))
        rows.append(Row(month_name(month.first), [number(month.n), *cells]))
    return Table(heads, rows)


def _interval(month: Month, measure: Measure) -> str:
    if month.interval is None:
        return ""
    low, high = map(measure.said, month.interval)
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def _too_few(month: Month) -> str:
    text = _("%(month)s: only %(n)s, too few")
    return text % {"month": month_name(month.first), "n": number(month.n)}
