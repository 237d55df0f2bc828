"""Plots as SVG: drawn as text, with colours as attributes for the PDF and classes for the page.

A series is told apart by its dashes as well as by its colour, so that a print in black says the
same. Every plot stands beside a table of its figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 68, 14, 14, 52
# Okabe and Ito's colours, which people with any colour vision tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9")
DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "1 3")


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from `low` to `high`; a logarithmic one takes no values below `low`."""

    title: str
    low: float
    high: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where a value lies, 0..1 within the axis."""
        if self.logarithmic:
            span = math.log10(self.high / self.low)
            return math.log10(max(value, self.low) / self.low) / span
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.log10(self.high) + 1e-9
            return [10.0**power for power in range(first, math.floor(last) + 1)]
        step = _step(self.high - self.low)
        count = math.floor((self.high - self.low) / step + 1e-9)
        return [self.low + step * n for n in range(count + 1)]


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve, with the interval of its ordinate where there is one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    points: Sequence[Point]


def plot(title: str, x: Axis, y: Axis, series: Sequence[Series], *, rising: bool = False) -> str:
    """The curves with their 95 % bands as one SVG element; the legend lies below rising ones."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12">',
        *(_vertical(x, value) for value in x.ticks()),
        *(_horizontal(y, value) for value in y.ticks()),
        f'<text class="ink" fill="#222" x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 10}" '
        f'text-anchor="middle">{escape(x.title)}</text>',
        f'<text class="ink" fill="#222" transform="translate(15 {(TOP + HEIGHT - BOTTOM) / 2:.1f}) '
        f'rotate(-90)" text-anchor="middle">{escape(y.title)}</text>',
    ]
    for number, one in enumerate(series):
        parts += _curve(x, y, one, number)
    parts += _legend([one.label for one in series], rising) if len(series) > 1 else []
    return "".join([*parts, "</svg>"])


def _x(axis: Axis, value: float) -> float:
    return LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM)


def _vertical(axis: Axis, value: float) -> str:
    at = _x(axis, value)
    return (
        f'<path class="grid" stroke="#ccc" d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
        f'<text class="ink" fill="#222" x="{at:.1f}" y="{HEIGHT - BOTTOM + 17}" '
        f'text-anchor="middle">{value:g}</text>'
    )


def _horizontal(axis: Axis, value: float) -> str:
    at = _y(axis, value)
    return (
        f'<path class="grid" stroke="#ccc" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>'
        f'<text class="ink" fill="#222" x="{LEFT - 7}" y="{at + 4:.1f}" '
        f'text-anchor="end">{value:g}</text>'
    )


def _curve(x: Axis, y: Axis, series: Series, number: int) -> list[str]:
    colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    name = f"series-{number % len(COLOURS)}"
    line = " ".join(f"{_x(x, p.x):.1f},{_y(y, p.y):.1f}" for p in series.points)
    high = [(p.x, p.high) for p in series.points if p.high is not None]
    low = [(p.x, p.low) for p in reversed(series.points) if p.low is not None]
    band = " ".join(f"{_x(x, at):.1f},{_y(y, value):.1f}" for at, value in high + low)
    return [
        f'<polygon class="{name}-band" fill="{colour}" fill-opacity="0.16" points="{band}"/>',
        f'<polyline class="{name}" fill="none" stroke="{colour}" stroke-width="2" '
        f'stroke-dasharray="{dashes or "none"}" points="{line}"/>',
    ]


def _legend(labels: Sequence[str], low: bool) -> list[str]:
    parts = []
    first = HEIGHT - BOTTOM - 18 * len(labels) if low else TOP + 14
    for number, label in enumerate(labels):
        at = first + 18 * number
        colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        parts.append(
            f'<path class="series-{number % len(COLOURS)}" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes or "none"}" d="M{WIDTH - 210} {at}h28"/>'
            f'<text class="ink" fill="#222" x="{WIDTH - 176}" y="{at + 4}">{escape(label)}</text>'
        )
    return parts


def _step(span: float) -> float:
    """A round step that divides a span into about five parts."""
    power = 10.0 ** math.floor(math.log10(span / 5))
    return min((n * power for n in (1, 2, 2.5, 5, 10)), key=lambda step: abs(span / step - 5))
