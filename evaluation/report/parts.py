"""What a section of the report is made of, and how figures are written in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.report.plots import Point

Engines = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text; the first column names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: words, a plot ("" for none), what it shows in words, and tables."""

    title: str
    text: str
    tables: Sequence[Table]
    plot: str = ""
    plot_title: str = ""


def label_of(one: dict[str, Any]) -> str:
    return str(one["engine"]["label"])


def rate_point(x: float, rate: dict[str, Any]) -> Point:
    return Point(x, rate["value"], rate["low"], rate["high"])


def number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.2%}"
