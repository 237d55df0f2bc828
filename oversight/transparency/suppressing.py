"""What of a report the public sees: no small number, and nothing to work one out from.

A number from 1 to 4 is shown as "fewer than 5". A sum is worked out from what is shown and never
from what is hidden: where it adds up hidden cells it is the range that the reader could have worked
out too. So whatever the hidden cells are, the same is printed, and no cell needs to be hidden for
the sake of another one. Two tables share no number unless one names the other (`same`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oversight.transparency.rules import FEWER
from oversight.transparency.tabling import Table

Value = int | dict[str, int]
HIDDEN = {"fewer_than": FEWER}
STEPS = (1, 2, 5)


def public_tables(tables: Sequence[Table]) -> list[Table]:
    """The tables as they may be published, with their totals."""
    shown = {one["key"]: _shown(one) for one in tables}
    for one in shown.values():
        for row, (key, column) in one.get("same", {}).items():
            if row in one["rows"]:
                whole = _column(shown[key], column)
                one["cells"][one["rows"].index(row)] = [total(whole)]
    return [with_totals(one) for one in shown.values()]


def internal_tables(tables: Sequence[Table]) -> list[Table]:
    """The tables in full, with their totals."""
    return [with_totals(dict(one)) for one in tables]


def with_totals(one: Table) -> Table:
    """Sums of its rows and columns, where they add up to something."""
    if one["totals"]:
        one["row_totals"] = [total(row) for row in one["cells"]]
        one["column_totals"] = [total(_column(one, name)) for name in one["columns"]]
        one["total"] = total([value for row in one["cells"] for value in row])
    return one


def total(values: Iterable[Value]) -> Value:
    """A sum of shown values: a number, or from the least to the most that it can be."""
    low = high = 0
    for value in values:
        low += least(value)
        high += most(value)
    if low == high:
        return low
    return HIDDEN if (low, high) == (1, FEWER - 1) else {"from": low, "to": high}


def least(value: Value) -> int:
    if isinstance(value, int):
        return value
    return 1 if "fewer_than" in value else value["from"]


def most(value: Value) -> int:
    if isinstance(value, int):
        return value
    return value["fewer_than"] - 1 if "fewer_than" in value else value["to"]


def small(number: int) -> Value:
    return HIDDEN if 0 < number < FEWER else number


def band(number: int) -> Value:
    """Between two of the steps 5, 10, 20, 50, 100, 200, 500, ...; nothing, and few, as always."""
    if number < FEWER:
        return small(number)
    low, power = FEWER, 1
    while True:
        power *= 10
        for high in (power * step for step in STEPS):
            if number < high:
                return {"from": low, "to": high - 1}
            low = high


def _shown(one: Table) -> Table:
    banded = one.get("banded", [])
    cells = [
        [
            band(value) if name in banded else small(value)
            for name, value in zip(one["columns"], row, strict=True)
        ]
        for row in one["cells"]
    ]
    return one | {"cells": cells}


def _column(one: Mapping[str, Any], name: str) -> list[Value]:
    place = one["columns"].index(name)
    return [row[place] for row in one["cells"]]
