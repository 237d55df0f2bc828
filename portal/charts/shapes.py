"""What a chart consists of: shapes in the units of its picture, words, a table of its numbers.

Coordinates are texts, so that no language writes them with a comma; templates only put them in
place (templates/portal/charts/). Colours and dashes are the style sheet's (charts.css).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 720, 220  # units of the picture, which is scaled to the page
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 20, 36  # room for the words around the drawing


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart is called: `name` for its ids in the page, and what is read out of it."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A word beside a line or below a column; `under` is a second word below that."""

    at: str
    text: str
    under: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One quantity; `series` is its number in the key's order of colours, from 1."""

    x: str
    y: str
    width: str
    height: str
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined by a line; dashed for what is expected or stands second."""

    points: str
    series: int
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """One measured value, with the ends of its interval where it has one."""

    x: str
    y: str
    series: int
    title: str
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Where too little was counted to say anything."""

    x: str
    y: str
    title: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit: a line across the whole drawing with a word at it."""

    x1: str
    y1: str
    x2: str
    y2: str
    text_x: str
    text_y: str
    text: str
    ends: bool = False
    """Whether the word ends there instead of beginning."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour or sign means; `kind` is bar, line, dashed, interval or gap."""

    kind: str
    label: str
    series: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    cells: Sequence[str]
    href: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The same numbers; the first of `heads` stands over the rows' titles."""

    heads: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Chart:
    words: Words
    grid: Sequence[Tick]
    ticks: Sequence[Tick]
    key: Sequence[Key]
    table: Table
    bars: Sequence[Bar] = field(default_factory=tuple)
    lines: Sequence[Line] = field(default_factory=tuple)
    dots: Sequence[Dot] = field(default_factory=tuple)
    gaps: Sequence[Gap] = field(default_factory=tuple)
    rules: Sequence[Rule] = field(default_factory=tuple)

    @property
    def frame(self) -> dict[str, str]:
        """The ends of the drawing, for the lines of the grid and the words around it."""
        return {
            "box": f"0 0 {WIDTH} {HEIGHT}",
            "left": str(LEFT),
            "right": str(WIDTH - RIGHT),
            "words": str(LEFT - 6),
            "below": str(HEIGHT - BOTTOM + 15),
            "under": str(HEIGHT - BOTTOM + 30),
        }
