"""Whatever the hidden numbers are, the same is printed: so none can be worked out."""

import copy
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from oversight.transparency.counting import count
from oversight.transparency.periods import named
from oversight.transparency.rules import FEWER
from oversight.transparency.suppressing import band, internal_tables, public_tables
from oversight.transparency.tabling import Table

FEW = range(1, FEWER)
MOST_HIDDEN = 5


def random_table(dice: random.Random, key: str) -> Table:
    rows, columns = dice.randint(1, 4), dice.randint(1, 4)
    numbers = (0, 0, 1, 2, 3, 4, 5, 6, 7, 12, 40)
    return {
        "key": key,
        "rows": [f"r{n}" for n in range(rows)],
        "columns": [f"c{n}" for n in range(columns)],
        "cells": [[dice.choice(numbers) for _ in range(columns)] for _ in range(rows)],
        "totals": True,
    }


def printed(tables: list[Table]) -> str:
    return json.dumps(public_tables(tables), sort_keys=True)


def hidden(one: Table) -> list[tuple[int, int]]:
    return [
        (r, c) for r, row in enumerate(one["cells"]) for c, n in enumerate(row) if 0 < n < FEWER
    ]


def others(one: Table) -> Iterator[Table]:
    """The table with every other choice of what its hidden cells may be."""
    places = hidden(one)
    for values in itertools.product(FEW, repeat=len(places)):
        cells = [list(row) for row in one["cells"]]
        for (r, c), value in zip(places, values, strict=True):
            cells[r][c] = value
        yield one | {"cells": cells}


@pytest.mark.parametrize("seed", range(60))
def test_no_hidden_cell_of_a_random_table_can_be_worked_out(seed: int) -> None:
    dice = random.Random(seed)
    one = random_table(dice, "t")
    while not 1 <= len(hidden(one)) <= MOST_HIDDEN:
        one = random_table(dice, "t")
    shown = printed([one])
    possible = list(others(one))
    assert len(possible) == len(FEW) ** len(hidden(one))
    assert {printed([other]) for other in possible} == {shown}


@pytest.mark.parametrize("seed", range(40))
def test_the_sums_alone_leave_two_values_at_least(seed: int) -> None:
    """An attacker who solves the printed sums, and knows nothing of how they were made."""
    dice = random.Random(1000 + seed)
    one = random_table(dice, "t")
    while not 1 <= len(hidden(one)) <= MOST_HIDDEN:
        one = random_table(dice, "t")
    (shown,) = public_tables([one])
    fitting = [other for other in others(one) if _fits(other, shown)]
    for r, c in hidden(one):
        assert len({other["cells"][r][c] for other in fitting}) >= 2


def _fits(full: Table, shown: Table) -> bool:
    (exact,) = internal_tables([full])
    sums = [
        *zip(exact["row_totals"], shown["row_totals"], strict=True),
        *zip(exact["column_totals"], shown["column_totals"], strict=True),
        (exact["total"], shown["total"]),
    ]
    return all(_is_possible(number, value) for number, value in sums)


def _is_possible(number: int, value: Any) -> bool:
    if isinstance(value, int):
        return number == value
    if "fewer_than" in value:
        return 0 < number < int(value["fewer_than"])
    return int(value["from"]) <= number <= int(value["to"])


def test_the_same_number_in_two_tables_is_hidden_in_both() -> None:
    def pair(urgent: int, authorized: int) -> list[Table]:
        decisions: Table = {
            "key": "decisions",
            "rows": ["authorized", "urgent"],
            "columns": ["approved", "refused"],
            "cells": [[20, authorized], [9, urgent]],
            "totals": True,
        }
        erasures: Table = {
            "key": "erasures",
            "rows": ["refused"],
            "columns": ["count"],
            "cells": [[authorized + urgent]],
            "totals": False,
            "same": {"refused": ["decisions", "refused"]},
        }
        return [decisions, erasures]

    assert {printed(pair(few, 6)) for few in FEW} == {printed(pair(2, 6))}
    assert public_tables(pair(2, 6))[1]["cells"] == [[{"from": 7, "to": 10}]]
    assert public_tables(pair(0, 6))[1]["cells"] == [[6]]


def test_zero_is_shown_and_a_sum_of_shown_numbers_is_exact() -> None:
    one = {"key": "t", "rows": ["a", "b"], "columns": ["x"], "cells": [[0], [7]], "totals": True}
    (shown,) = public_tables([one])
    assert shown["cells"] == [[0], [7]]
    assert shown["total"] == 7


def test_stocks_are_banded() -> None:
    assert [band(n) for n in (0, 3, 5, 9, 10, 499, 500, 12_345)] == [
        0,
        {"fewer_than": FEWER},
        {"from": 5, "to": 9},
        {"from": 5, "to": 9},
        {"from": 10, "to": 19},
        {"from": 200, "to": 499},
        {"from": 500, "to": 999},
        {"from": 10_000, "to": 19_999},
    ]


@pytest.mark.parametrize("seed", range(20))
def test_no_hidden_cell_of_a_whole_report_can_be_worked_out(seed: int) -> None:
    """All tables at once, with numbers at random; what is the same by law stays the same."""
    dice = random.Random(2000 + seed)
    tables = count([], named("2026"), "UTC")
    for one in tables:
        one["cells"] = [[dice.choice((0, 1, 3, 4, 5, 9, 60)) for _ in row] for row in one["cells"]]
    _tie(tables)
    shown = printed(tables)
    for place, one in enumerate(tables):
        for r, c in hidden(one):
            if one["rows"][r] in one.get("same", {}):
                continue
            for few in FEW:
                other = copy.deepcopy(tables)
                other[place]["cells"][r][c] = few
                _tie(other)
                assert printed(other) == shown, (one["key"], r, c)


def _tie(tables: list[Table]) -> None:
    """Each refusal and each lapse erases a search."""
    known = {one["key"]: one for one in tables}
    erasures = known["erasures"]
    for row, (key, column) in erasures["same"].items():
        place = known[key]["columns"].index(column)
        total = sum(cells[place] for cells in known[key]["cells"])
        erasures["cells"][erasures["rows"].index(row)] = [total]
