"""What the columns of a tenant table hold, asked of the database's catalogue and of their names."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from django.db import connection

from accounts.moving.faults import MoveRefused
from accounts.moving.mapping import Moving
from accounts.moving.rules import after_of, left_tables, others_of
from accounts.offboarding.tables import AGENCY, Table, tenant_tables

USER, CONTRACT = "accounts_user", "searches_contract"
# Numbers of people without a foreign key; a number that is none of these is counted or measured.
PERSON = re.compile(
    r"([a-z_]+_)?by_id|(owner|user|person|actor|author|examiner|borrowed)_id|people"
)
KEY = re.compile(r"([a-z_]+_)?keys?")

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL), a.attidentity <> '',
    (SELECT p.relname FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid
     WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND NOT p.relispartition
     AND p.relname <> %s AND a.attname <> 'agency_id' AND a.attnum = ANY (k.conkey)
     AND cardinality(k.conkey) - (SELECT count(*) FROM pg_attribute g WHERE g.attrelid = a.attrelid
        AND g.attname = 'agency_id' AND g.attnum = ANY (k.conkey)) = 1
     LIMIT 1)
FROM pg_attribute a
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_NUMBERS = ("bigint", "integer", "bigint[]")


@dataclass(frozen=True, slots=True)
class Column:
    """`refers` is the table that a foreign key names; `is_number` for a row's own number."""

    name: str
    type: str
    is_number: bool
    refers: str | None


@dataclass(frozen=True, slots=True)
class Shape:
    """A table with its columns, in the order of the catalogue."""

    table: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> set[str]:
        return {column.name for column in self.columns}

    @property
    def own_number(self) -> str:
        """The column with the row's own number; "" where rows have UUIDs."""
        return next((c.name for c in self.columns if c.is_number), "")


def brought_tables() -> list[Shape]:
    """The tables that move, those that others refer to first."""
    going = {t.name: t for t in tenant_tables() if t.name not in left_tables()}
    graph = {name: _parents(table, going) for name, table in going.items()}
    return [shape_of(name) for name in TopologicalSorter(graph).static_order()]


def _parents(table: Table, going: dict[str, Table]) -> set[str]:
    return {name for name in table.parents | after_of(table.name) if name in going}


def shape_of(table: str) -> Shape:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [AGENCY, table])
        return Shape(table, tuple(Column(*row) for row in cursor.fetchall()))


def mapped(shape: Shape, row: dict[str, Any], moving: Moving) -> dict[str, Any]:
    """The row with everything that is a number or a key of the old installation as it is here."""
    if row.get("agency_id") != moving.old_agency_id:
        raise MoveRefused("import_row_of_another", shape.table)
    found = {}
    for column in shape.columns:
        if column.name in row:
            value = row[column.name]
            found[column.name] = None if value is None else _mapped(shape, column, value, moving)
    return found


def _mapped(shape: Shape, column: Column, value: Any, moving: Moving) -> Any:
    if column.name == "agency_id":
        return moving.agency_id
    if column.is_number:
        return moving.id_of(shape.table, value)
    if column.refers == USER:
        return moving.member(value)
    if column.refers == CONTRACT:
        return moving.contract(value)
    if column.refers in moving.ids:
        return moving.id_of(column.refers, value)
    if column.name in others_of(shape.table):
        return _negative(value, shape.table)
    if column.type in _NUMBERS and PERSON.fullmatch(column.name):
        return _each(value, moving.person)
    if column.type in ("character varying", "jsonb") and KEY.fullmatch(column.name):
        return _each(value, moving.key)
    return value


def _each(value: Any, of: Callable[[Any], Any]) -> Any:
    return [of(one) for one in value] if isinstance(value, list) else of(value)


def _negative(value: Any, table: str) -> int:
    if type(value) is not int:
        raise MoveRefused("import_row_malformed", table)
    return -abs(value)
