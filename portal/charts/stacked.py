"""Quantities of several kinds as bars that stand on each other, a column a day or a month."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.charts.scale import FLOOR, Scale, coordinate, number, round_top
from portal.charts.shapes import Bar, Chart, Key, Row, Table, Tick, Words

INSET = 0.12  # of a column's width left free on each side


@dataclass(frozen=True, slots=True)
class Column:
    """The quantities of one day or month, as many as there are series."""

    title: str
    quantities: Sequence[int]
    href: str = ""
    is_current: bool = False

    @property
    def total(self) -> int:
        return sum(self.quantities)


def stacked(
    words: Words,
    columns: Sequence[Column],
    ticks: Sequence[Tick],
    series: Sequence[str],
    table: Table,
) -> Chart:
    """A series keeps its colour whether or not the others occur; the key has those that do."""
    scale = scale_of(columns)
    bars = [bar for place, one in enumerate(columns) for bar in _bars(one, place, scale, series)]
    key = [Key("bar", series[n], n + 1) for n in occurring(columns)]
    return Chart(words, scale.grid(number), ticks, key, table, bars=bars)


def scale_of(columns: Sequence[Column]) -> Scale:
    """The top is the next round number above the fullest column."""
    most = max((column.total for column in columns), default=0)
    return Scale(round_top(most), max(1, len(columns)))


def _bars(column: Column, place: int, scale: Scale, series: Sequence[str]) -> list[Bar]:
    left = coordinate(scale.x(place + INSET))
    width = coordinate(scale.step * (1 - 2 * INSET))
    bars: list[Bar] = []
    below = 0
    for n, quantity in enumerate(column.quantities):
        if not quantity:
            continue
        below += quantity
        y, height = coordinate(scale.y(below)), coordinate(FLOOR - scale.y(quantity))
        title = f"{column.title} · {series[n]}: {number(quantity)}"
        bars.append(Bar(left, y, width, height, n + 1, title))
    return bars


def occurring(columns: Sequence[Column]) -> list[int]:
    """The places of the series of which there is anything, in their order."""
    kinds = range(max((len(column.quantities) for column in columns), default=0))
    return [n for n in kinds if any(column.quantities[n] for column in columns)]


def table_of(heading: str, columns: Sequence[Column], series: Sequence[str]) -> Table:
    """A row for each column, with the series that occur and all of them together."""
    shown = occurring(columns)
    rows = [
        Row(
            one.title,
            [number(n) for n in (*(one.quantities[n] for n in shown), one.total)],
            one.href,
            one.is_current,
        )
        for one in columns
    ]
    return Table([heading, *(series[n] for n in shown), _("Together")], rows)
