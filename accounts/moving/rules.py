"""What becomes of each table's rows when an agency moves; apps add what is theirs in `ready`.

A table that nothing is said of is brought along as it is, with its numbers mapped by what its
columns refer to (columns.py). Every table of an export is known to the database's catalogue.
"""

from collections.abc import Callable
from typing import Any

from accounts.moving.mapping import Moving

Row = dict[str, Any]
# Changes a row as it stands in the export, before its numbers are mapped; False leaves it out.
Change = Callable[[Row, Moving], bool]
# Writes the rows of a table in a way of its own; returns how many.
Writer = Callable[[Moving], int]

_left: dict[str, str] = {}
_changes: dict[str, Change] = {}
_writers: dict[str, Writer] = {}
_others: dict[str, set[str]] = {}
_extra: dict[str, set[str]] = {}
_lacking: dict[str, set[str]] = {}
_after: dict[str, set[str]] = {}
_first: list[Callable[[Moving], None]] = []


def leave(why: str, *tables: str) -> None:
    """Do not bring the rows of these tables along."""
    _left.update(dict.fromkeys(tables, why))


def change(table: str, by: Change) -> None:
    """Change each row of a table first."""
    _changes[table] = by


def write_by(table: str, writer: Writer) -> None:
    """Have the rows of a table written by their app: templates, which are no plain columns."""
    _writers[table] = writer


def other_agencies(table: str, *columns: str) -> None:
    """Columns that name another agency of the old installation; here that number is a stranger's.

    It is kept with its sign changed: no agency has a negative number.
    """
    _others.setdefault(table, set()).update(columns)


def extra(table: str, *names: str) -> None:
    """What rows of an export have beside the columns of their table."""
    _extra.setdefault(table, set()).update(names)


def may_lack(table: str, *columns: str) -> None:
    """Columns that exports leave out, as hashes of secrets; a change says what stands there."""
    _lacking.setdefault(table, set()).update(columns)


def after(table: str, *others: str) -> None:
    """Bring a table after others that it refers to without a foreign key of its own."""
    _after.setdefault(table, set()).update(others)


def prepare(act: Callable[[Moving], None]) -> None:
    """Have something done before the first row."""
    _first.append(act)


def prepare_all(moving: Moving) -> None:
    for act in _first:
        act(moving)


def left_tables() -> dict[str, str]:
    """Which tables are left behind, and why."""
    return dict(_left)


def change_of(table: str) -> Change | None:
    return _changes.get(table)


def writer_of(table: str) -> Writer | None:
    return _writers.get(table)


def others_of(table: str) -> set[str]:
    return _others.get(table, set())


def after_of(table: str) -> set[str]:
    return _after.get(table, set())


def lacking_of(table: str) -> set[str]:
    return _lacking.get(table, set())


def extra_of(table: str) -> set[str]:
    return _extra.get(table, set())
