"""The chart of a measurement: how often strangers reach a similarity, on a logarithmic scale."""

from collections.abc import Sequence
from math import log10

import numpy as np
from django.utils.translation import gettext as _

from portal.charts.scale import FLOOR, coordinate, number
from portal.charts.shapes import LEFT, RIGHT, TOP, WIDTH, Chart, Key, Line, Row, Table, Tick, Words
from searches.score_words import per_thousand
from searches.scores.distribution import Distribution
from searches.scores.figure import Figure

POINTS = 80
TICKS = 5
LEAST = 0.0001
"""The lowest line of the chart: 0.1 of 1,000 searches."""
SHOWN = (0.5, 0.1, 0.01, 0.003, 0.001)
"""The rates of the table; 0.003 is that of NIST's identification mode (FRTE 1:N)."""

Point = tuple[float, float]


def score_chart(measured: Distribution, subjects: int) -> Chart | None:
    """The rate and its interval by similarity; None where nothing is measured."""
    if not measured.is_measured:
        return None
    first, last = _ends(measured)
    told = [(float(at), measured.figure_at(float(at), subjects)) for at in _grid(first, last)]
    figures = [(at, figure) for at, figure in told if figure is not None]
    rates = [(at, figure.rate) for at, figure in figures if figure.rate is not None]
    lines = [
        _line(rates, 1, first, last),
        _line([(at, figure.low) for at, figure in figures if figure.low], 2, first, last, True),
        _line([(at, figure.high) for at, figure in figures], 2, first, last, True),
    ]
    words = Words(
        "scores",
        _("How often strangers are at least so similar"),
        _("From %(n)s searches of unrelated faces, for a gallery of %(people)s people.")
        % {"n": number(measured.n), "people": number(subjects)},
    )
    key = [Key("line", _("Of 1,000 searches")), Key("dashed", _("Interval, 95 %"), 2)]
    table = _table(measured, subjects)
    return Chart(words, _levels(), _ticks(first, last), key, table, lines=lines)


def _ends(measured: Distribution) -> Point:
    """From the least similar top of all to a little beyond the most similar."""
    first, last = float(measured.similarities[0]), float(measured.similarities[-1])
    return first, last + max(0.1 * (last - first), 1e-3)


def _grid(first: float, last: float) -> Sequence[float]:
    return list(np.linspace(first, last, POINTS))


def _line(
    points: Sequence[Point], series: int, first: float, last: float, is_dashed: bool = False
) -> Line:
    places = (f"{coordinate(_x(at, first, last))},{coordinate(_y(rate))}" for at, rate in points)
    return Line(" ".join(places), series, is_dashed)


def _x(at: float, first: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (at - first) / (last - first)


def _y(rate: float) -> float:
    """1 stands at the top, LEAST and less at the floor."""
    depth = log10(max(rate, LEAST)) / log10(LEAST)
    return TOP + (FLOOR - TOP) * depth


def _levels() -> list[Tick]:
    return [Tick(coordinate(_y(rate)), per_thousand(rate)) for rate in (1, 0.1, 0.01, 0.001, LEAST)]


def _ticks(first: float, last: float) -> list[Tick]:
    ats = np.linspace(first, last, TICKS + 2)[1:-1]
    return [Tick(coordinate(_x(float(at), first, last)), f"{at:.3f}") for at in ats]


def _table(measured: Distribution, subjects: int) -> Table:
    heads = [
        _("Searches of strangers that bring a candidate"),
        _("From this similarity on"),
        _("Interval, 95 %"),
    ]
    return Table(heads, [_row(measured, subjects, rate) for rate in SHOWN])


def _row(measured: Distribution, subjects: int, rate: float) -> Row:
    title = _("1 in %(n)s") % {"n": number(1 / rate)}
    at = measured.threshold_for(rate, subjects)
    figure: Figure | None = None if at is None else measured.figure_at(at, subjects)
    if at is None or figure is None:
        return Row(title, [_("not measured"), ""])
    values = {"low": per_thousand(figure.low), "high": per_thousand(figure.high)}
    return Row(title, [f"{at:.4f}", _("%(low)s to %(high)s of 1,000") % values])
