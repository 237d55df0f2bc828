"""What was used of a limit day by day, what is expected of it, and when it would be used up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from portal.charts.scale import FLOOR, Scale, coordinate, number, round_top
from portal.charts.shapes import TOP, WIDTH, Chart, Key, Line, Row, Rule, Table, Tick, Words
from portal.days import day_in_words

MARKS = 6  # words below the drawing, and rows of the table, at most
POINTS = 120  # points of the line of what was used, about as many as can be told apart


@dataclass(frozen=True, slots=True)
class Course:
    """From the `first` to the `last` day of a limit, `today` among them.

    `by_day` has what was used on each day of use; `used` is all of it, today's too. `expected` is
    the sum expected by the end of today, of tomorrow, and so on to the last day. `allowed` is
    None where nothing limits it, `used_up_on` where it would last.
    """

    first: date
    last: date
    today: date
    by_day: Mapping[date, int]
    used: int
    expected: Sequence[int]
    allowed: int | None
    used_up_on: date | None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def today_at(self) -> int:
        """Full days that are over."""
        return (self.today - self.first).days


def outlook(words: Words, course: Course) -> Chart:
    """A line of what was used, a dashed one of what is expected, and the limit across both."""
    end = course.expected[-1] if course.expected else course.used
    scale = Scale(round_top(max(course.allowed or 0, end, course.used)), course.days)
    sums = _sums(course)
    every = 1 + course.today_at // POINTS
    past = [(n, total) for n, total in enumerate(sums) if n % every == 0]
    lines = [_line([*past, (course.today_at, course.used)], 1, scale)]
    key = [Key("line", _("Used"))]
    if course.expected:
        lines.append(_line([(course.today_at, course.used), (course.days, end)], 1, scale, True))
        key.append(Key("dashed", _("Expected")))
    marks = _marks(course)
    ticks = [_tick(course, mark, scale) for mark in marks]
    rules = _rules(course, scale)
    table = _table(course, sums, marks)
    return Chart(words, scale.grid(number), ticks, key, table, lines=lines, rules=rules)


def _sums(course: Course) -> list[int]:
    """Used before the first day, by its end, and so on to the last day that is over."""
    sums = [0]
    for n in range(course.today_at):
        sums.append(sums[-1] + course.by_day.get(course.first + timedelta(days=n), 0))
    return sums


def _line(
    points: Sequence[tuple[int, int]], series: int, scale: Scale, is_dashed: bool = False
) -> Line:
    places = (f"{coordinate(scale.x(n))},{coordinate(scale.y(value))}" for n, value in points)
    return Line(" ".join(places), series, is_dashed)


def _marks(course: Course) -> list[int]:
    """Days spread evenly, counted from 0; the last day is one of them."""
    every = -(-course.days // MARKS)
    return list(range(course.days - 1, -1, -every))[::-1]


def _tick(course: Course, mark: int, scale: Scale) -> Tick:
    """Below the end of the day, and moved inwards at the right edge of the picture."""
    at = min(scale.x(mark + 1), WIDTH - 36)
    return Tick(coordinate(at), day_in_words(course.first + timedelta(days=mark)))


def _rules(course: Course, scale: Scale) -> list[Rule]:
    rules = []
    left, right = coordinate(scale.x(0)), coordinate(scale.x(course.days))
    if course.allowed is not None:
        y = scale.y(course.allowed)
        text = _("Allowed: %(n)s") % {"n": number(course.allowed)}
        at = coordinate(y)
        rules.append(Rule(left, at, right, at, left, coordinate(y - 5), text))
    if course.used_up_on is not None:
        x = scale.x((course.used_up_on - course.first).days + 1)
        text = _("Used up on %(day)s") % {"day": day_in_words(course.used_up_on)}
        ends = x > WIDTH / 2
        beside = coordinate(x - 5 if ends else x + 5)
        at, below = coordinate(x), coordinate(TOP + 16)
        rules.append(Rule(at, str(TOP), at, str(FLOOR), beside, below, text, ends))
    return rules


def _table(course: Course, sums: Sequence[int], marks: Sequence[int]) -> Table:
    """What was used by the end of days that are over, and what is expected by that of others."""
    rows = []
    for mark in marks:
        later = mark - course.today_at
        cells = ["", number(course.expected[later])] if later >= 0 else [number(sums[mark + 1]), ""]
        rows.append(Row(day_in_words(course.first + timedelta(days=mark)), cells))
    now = Row(_("Now"), [number(course.used), ""])
    over = sum(mark < course.today_at for mark in marks)
    return Table([_("By the end of"), _("Used"), _("Expected")], [*rows[:over], now, *rows[over:]])
