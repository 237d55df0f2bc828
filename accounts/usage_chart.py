"""The chart of searches by day and purpose: coordinates for an SVG made on the server."""

from dataclasses import dataclass

from accounts.purposes import Purpose
from accounts.usage_queries import Day

WIDTH, HEIGHT = 720, 200  # units of the picture, which is scaled to the page
LEFT, BOTTOM, TOP = 36, 22, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One purpose on one day; `series` is its number in the closed list, from 1."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    rows: list[Tick]
    days: list[Tick]


def chart(days: list[Day]) -> Chart:
    """Stacked bars, one a day. The top line is the next round number above the fullest day."""
    top = _round_up(max((day.total for day in days), default=0))
    step = (WIDTH - LEFT) / max(1, len(days))
    high = HEIGHT - TOP - BOTTOM
    bars = []
    for number, day in enumerate(days):
        y = float(HEIGHT - BOTTOM)
        for series, purpose in enumerate(Purpose, start=1):
            quantity = day.by_purpose.get(purpose.value, 0)
            if quantity:
                height = high * quantity / top
                y -= height
                title = f"{day.day.isoformat()} · {purpose.label}: {quantity}"
                left = LEFT + number * step + step * 0.12
                bars.append(Bar(_r(left), _r(y), _r(step * 0.76), _r(height), series, title))
    rows = [
        Tick(_r(HEIGHT - BOTTOM - high * part / 2), f"{top * part / 2:g}") for part in (0, 1, 2)
    ]
    every = max(1, len(days) // 8)
    shown = [
        Tick(_r(LEFT + (number + 0.5) * step), f"{day.day:%d}.")
        for number, day in enumerate(days)
        if number % every == 0
    ]
    return Chart(bars, rows, shown)


def _round_up(most: int) -> int:
    """The least of 2, 4, 10, 20, 40, 100, ... that is not below `most`."""
    scale = 1
    while True:
        for digit in (2, 4, 10):
            if digit * scale >= most:
                return digit * scale
        scale *= 10


def _r(value: float) -> float:
    return round(value, 2)
