"""From values to places in a chart's picture, and numbers and months in the reader's language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.translation import pgettext

from portal.charts.shapes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Tick

FLOOR = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Scale:
    """`top` is the value of the highest line, 1 for shares; `columns` stand side by side."""

    top: float
    columns: int

    @property
    def step(self) -> float:
        """The width of a column."""
        return (WIDTH - LEFT - RIGHT) / self.columns

    def x(self, column: float) -> float:
        """Where a column begins, counted from 0; its middle is at half a column more."""
        return LEFT + column * self.step

    def y(self, value: float) -> float:
        """How high a value stands; what is beyond the top stands at the top."""
        return FLOOR - (FLOOR - TOP) * min(value, self.top) / self.top

    def grid(self, said: Callable[[float], str]) -> list[Tick]:
        """Lines at quarters of the top, or at halves where quarters are no whole numbers."""
        parts = 4 if self.top == 1 or self.top % 4 == 0 else 2
        values = (self.top * part / parts for part in range(parts + 1))
        return [Tick(coordinate(self.y(value)), said(value)) for value in values]


def coordinate(value: float) -> str:
    """At most one decimal, with a point in every language: "12", "12.5"."""
    return f"{value:.1f}".removesuffix(".0")


def number(value: float, places: int = 0) -> str:
    """A number as the reader's language writes it."""
    return str(number_format(round(value, places), places))


def percent(share: float) -> str:
    """A share between 0 and 1 in whole percent."""
    return f"{number(100 * share)} %"


def round_top(most: float) -> int:
    """The least of 2, 4, 10, 20, 40, 100, ... that is not below `most`."""
    scale = 1
    while True:
        for digit in (2, 4, 10):
            if digit * scale >= most:
                return digit * scale
        scale *= 10


def month_name(month: date) -> str:
    return date_format(month, pgettext("Django date format", "M Y"))


def months_until(last: date, number: int) -> list[date]:
    """The first days of so many months up to that of `last`, the oldest first."""
    count = last.year * 12 + last.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(count - number + 1, count + 1)]


def month_ticks(months: Sequence[date], scale: Scale) -> list[Tick]:
    """Names of months below their columns; the year below the first and below each January."""
    every = 1 + (len(months) - 1) // 12
    shown = pgettext("Django date format", "M")
    return [
        Tick(
            coordinate(scale.x(place + 0.5)),
            date_format(month, shown),
            str(month.year) if place == 0 or month.month <= every else "",
        )
        for place, month in enumerate(months)
        if place % every == 0
    ]
