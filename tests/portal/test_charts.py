"""Charts: shapes that stand where the numbers are, words in the reader's language, tables."""

import re
from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.charts.monthly import Measure, Month, monthly
from portal.charts.outlook import Course, outlook
from portal.charts.scale import (
    FLOOR,
    Scale,
    coordinate,
    month_ticks,
    months_until,
    number,
    percent,
    round_top,
)
from portal.charts.shapes import LEFT, RIGHT, TOP, WIDTH, Chart, Words
from portal.charts.stacked import Column, scale_of, stacked, table_of
from portal.design_charts import sample_charts

WORDS = Words("name", "Title", "Text")


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (40, 40), (41, 100), (1001, 2000)]
)
def test_the_top_is_a_round_number(most: float, top: int) -> None:
    assert round_top(most) == top


def test_values_stand_between_floor_and_top() -> None:
    scale = Scale(40, 2)
    assert [scale.y(value) for value in (0, 40, 20, 99)] == [FLOOR, TOP, (FLOOR + TOP) / 2, TOP]
    assert [scale.x(column) for column in (0, 2)] == [LEFT, WIDTH - RIGHT]
    assert [tick.text for tick in scale.grid(number)] == ["0", "10", "20", "30", "40"]
    assert [tick.text for tick in Scale(10, 1).grid(number)] == ["0", "5", "10"]
    assert [tick.text for tick in Scale(1, 1).grid(percent)][1:3] == ["25 %", "50 %"]


def test_numbers_of_words_are_localised_and_those_of_the_picture_are_not() -> None:
    with override("fr"):
        assert number(3.5, 1) == "3,5"
        assert [coordinate(value) for value in (12, 12.34, 0.04)] == ["12", "12.3", "0"]
        drawn = "".join(_drawn(chart) for chart in sample_charts())
    assert "août" in drawn
    for attribute in re.findall(r' (?:c?[xy][12]?|width|height)="([^"]*)"', drawn):
        assert re.fullmatch(r"\d+(\.\d)?", attribute), attribute
    for points in re.findall(r' points="([^"]*)"', drawn):
        assert re.fullmatch(r"\d+(\.\d)?,\d+(\.\d)?( \d+(\.\d)?,\d+(\.\d)?)+", points), points


def _drawn(chart: Chart) -> str:
    context = {"chart": chart}
    shown = render_to_string("portal/charts/_chart.html", context)
    return shown + render_to_string("portal/charts/_table.html", context)


def test_a_reader_who_sees_no_picture_is_told() -> None:
    for chart in sample_charts():
        drawn = _drawn(chart)
        assert drawn.count('role="img"') == 1
        assert f'aria-describedby="{chart.words.name}-text"' in drawn
        assert f'<title id="{chart.words.name}-title">{chart.words.title}</title>' in drawn
        assert drawn.count("<td") == sum(len(row.cells) for row in chart.table.rows) > 0
        assert {len(row.cells) for row in chart.table.rows} == {len(chart.table.heads) - 1}
        assert "style=" not in drawn


def test_bars_stand_on_each_other_and_end_at_their_total() -> None:
    columns = [Column("One", [3, 0, 1]), Column("Two", [0, 0, 0], "?two", True)]
    series = ["A", "B", "C"]
    chart = stacked(WORDS, columns, [], series, table_of("Day", columns, series))
    low, high = chart.bars
    assert (low.series, high.series) == (1, 3)
    assert float(low.y) + float(low.height) == pytest.approx(FLOOR)
    assert float(high.y) + float(high.height) == pytest.approx(float(low.y))
    assert high.y == str(TOP)  # four is the top line
    assert high.title == "One · C: 1"
    assert [(item.label, item.series) for item in chart.key] == [("A", 1), ("C", 3)]
    assert chart.table.heads == ["Day", "A", "C", "Together"]
    assert [list(row.cells) for row in chart.table.rows] == [["3", "1", "4"], ["0", "0", "0"]]
    assert 'href="?two"' in _drawn(chart)


def test_months_go_over_the_year() -> None:
    months = months_until(date(2027, 2, 9), 4)
    assert months == [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]
    ticks = month_ticks(months, Scale(1, 4))
    assert [(tick.text, tick.under) for tick in ticks] == [
        ("Nov", "2026"),
        ("Dec", ""),
        ("Jan", "2027"),
        ("Feb", ""),
    ]
    many = month_ticks(months_until(date(2027, 2, 1), 24), scale_of([]))
    assert len(many) == 12
    assert [tick.under for tick in many if tick.under] == ["2025", "2026", "2027"]


def test_a_line_ends_where_too_little_was_counted() -> None:
    months = months_until(date(2026, 5, 1), 5)
    found = [
        Month(months[0], 40, [0.5], (0.4, 0.6)),
        Month(months[1], 50, [1.0], (0.9, 1.0)),
        Month(months[2], 7),
        Month(months[3]),
        Month(months[4], 60, [0.75], (0.7, 0.8)),
    ]
    chart = monthly(WORDS, found, Measure(["Share"], "Pairs", 1, percent, has_interval=True))
    (line,) = chart.lines  # the last month has no neighbour to be joined with
    assert len(line.points.split()) == 2
    assert [dot.y for dot in chart.dots][1] == str(TOP)
    assert float(chart.dots[0].high) < float(chart.dots[0].y) < float(chart.dots[0].low)
    assert [gap.title for gap in chart.gaps] == ["Mar 2026: only 7, too few"]
    assert [[row.title, *row.cells] for row in chart.table.rows] == [
        ["May 2026", "60", "75 %", "70 % to 80 %"],
        ["Mar 2026", "7", "too few", ""],
        ["Feb 2026", "50", "100 %", "90 % to 100 %"],
        ["Jan 2026", "40", "50 %", "40 % to 60 %"],
    ]
    assert [item.kind for item in chart.key] == ["line", "interval", "gap"]


def test_the_outlook_joins_what_was_used_and_what_is_expected() -> None:
    first = date(2026, 11, 1)
    course = Course(
        first=first,
        last=date(2026, 11, 30),
        today=date(2026, 11, 11),
        by_day={first: 10, first + timedelta(days=9): 10},
        used=25,
        expected=[25 + 2 * days for days in range(1, 21)],
        allowed=40,
        used_up_on=date(2026, 11, 18),
    )
    chart = outlook(WORDS, course)
    used, expected = (line.points.split() for line in chart.lines)
    assert used[0] == f"{LEFT},{FLOOR}"
    assert used[-1] == expected[0]
    assert expected[-1].startswith(f"{WIDTH - RIGHT},")
    assert [rule.text for rule in chart.rules] == ["Allowed: 40", "Used up on 18 Nov 2026"]
    assert [list(row.cells) for row in chart.table.rows] == [
        ["10", ""],
        ["20", ""],
        ["25", ""],
        ["", "35"],
        ["", "45"],
        ["", "55"],
        ["", "65"],
    ]
    assert [row.title for row in chart.table.rows][2] == "Now"
    assert len(outlook(WORDS, course).ticks) == 6
