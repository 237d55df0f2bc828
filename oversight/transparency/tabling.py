"""Tables of a report as JSON: names of rows and columns, and a whole number in every cell."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

Document = dict[str, Any]
Table = dict[str, Any]
COUNT = "count"


def table(
    key: str,
    rows: Sequence[str],
    columns: Sequence[str],
    found: Iterable[tuple[str, str]],
    *,
    totals: bool = True,
    **more: Any,
) -> Table:
    """A table of how often each pair (row, column) was found.

    Names that are not foreseen get lines of their own at the end. `totals` is false where the rows
    do not add up to anything, as one person has several roles.
    """
    counts = Counter(found)
    rows = [*rows, *sorted({row for row, _ in counts} - set(rows))]
    columns = [*columns, *sorted({column for _, column in counts} - set(columns))]
    cells = [[counts[row, column] for column in columns] for row in rows]
    return {
        "key": key,
        "rows": rows,
        "columns": columns,
        "cells": cells,
        "totals": totals,
        **more,
    }


def listed(
    key: str, rows: Sequence[str], found: Iterable[str], *, totals: bool = False, **more: Any
) -> Table:
    """A table with one column."""
    return table(key, rows, [COUNT], ((one, COUNT) for one in found), totals=totals, **more)
