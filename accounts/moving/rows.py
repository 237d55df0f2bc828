"""Brings rows in: checked, sealed anew, mapped, and written past the triggers of their tables.

Triggers hold rows to the way that they come into being, and a row that moves has that behind it.
Everything else of the database holds: columns, types, CHECK constraints, unique keys, foreign keys
and row-level security.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, DataError, IntegrityError, connection

from accounts.moving.columns import Shape, mapped
from accounts.moving.faults import MoveRefused
from accounts.moving.mapping import Moving
from accounts.moving.rules import change_of, extra_of, lacking_of, writer_of
from accounts.offboarding.registry import Sealed, sealed_of
from accounts.offboarding.texts import UNREADABLE

ROWS = 500
# What opens nothing: a text that could not be opened where it came from stays one.
LOST = b"unreadable"


def bring_rows(shape: Shape, moving: Moving) -> None:
    """All rows of a table. Raises MoveRefused."""
    table = shape.table
    writer = writer_of(table)
    if shape.own_number:
        moving.ids[table] = {}
    with coded(table):
        if writer is not None:
            moving.written[table] = writer(moving)
            return
        rows = iter(moving.package.rows(table))
        moving.written[table] = moving.left_out[table] = 0
        while some := list(islice(rows, ROWS)):
            _write(shape, some, moving)


@contextmanager
def coded(where: str) -> Iterator[None]:
    """What the database says of what is brought in, as a code of ours."""
    try:
        yield
    except DatabaseError as error:
        raise refusal(error, where) from error
    except ValidationError as error:
        raise MoveRefused("import_row_malformed", where) from error


def refusal(error: DatabaseError, where: str) -> MoveRefused:
    """The code for what the database refused; its text may hold what a row says, and is dropped."""
    state = getattr(error.__cause__, "sqlstate", "") or ""
    if state == "23505":
        return MoveRefused("import_ids_taken", where)
    if state == "23503":
        return MoveRefused("import_reference_unknown", where)
    if isinstance(error, DataError) or state.startswith("22"):
        return MoveRefused("import_row_malformed", where)
    if isinstance(error, IntegrityError) or state in ("42501", "23514"):
        return MoveRefused("import_row_refused", where)
    raise error


def _write(shape: Shape, rows: list[dict[str, Any]], moving: Moving) -> None:
    change = change_of(shape.table)
    kept = []
    for row in rows:
        require_columns(shape, row)
        if change is None or change(row, moving):
            kept.append(row)
    _number(shape, kept, moving)
    sealed = sealed_of(shape.table)
    ready = [mapped(shape, _sealed_anew(row, sealed, moving), moving) for row in kept]
    for same in _by_columns(ready):
        moving.written[shape.table] += _insert(shape.table, same)
    moving.left_out[shape.table] += len(rows) - len(kept)


def require_columns(shape: Shape, row: dict[str, Any]) -> None:
    """A row has the columns of its table, with sealed ones under their names, and no others."""
    sealed = sealed_of(shape.table)
    names = {one.name for one in sealed.values()} | extra_of(shape.table)
    marks = {one.mark for one in sealed.values()}
    needed = (shape.names - sealed.keys() - marks - lacking_of(shape.table)) | names
    known = needed | lacking_of(shape.table) | ({UNREADABLE} if sealed else set())
    if strange := sorted((row.keys() - known) | (needed - row.keys())):
        raise MoveRefused("import_columns_differ", f"{shape.table}.{strange[0]}")


def _number(shape: Shape, rows: list[dict[str, Any]], moving: Moving) -> None:
    """Give rows that have numbers the next free ones here."""
    if not shape.own_number:
        return
    known = moving.ids[shape.table]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [shape.table, shape.own_number, len(rows)],
        )
        fresh = [number for (number,) in cursor.fetchall()]
    for row, number in zip(rows, fresh, strict=True):
        old = row.get(shape.own_number)
        if type(old) is not int or old in known:
            raise MoveRefused("import_row_malformed", f"{shape.table} {old}")
        known[old] = number


def _sealed_anew(
    row: dict[str, Any], sealed: Mapping[str, Sealed], moving: Moving
) -> dict[str, Any]:
    for column, one in sealed.items():
        if one.name not in row:
            raise MoveRefused("import_columns_differ", one.name)
        plain = row.pop(one.name)
        row[column] = _hex(_seal(plain, one, row, moving))
        if one.mark:  # of a text that is lost the id's, so that it stays one of its own
            text = str(row.get("id")) if plain is None else plain
            row[one.mark] = _hex(moving.files.mark(text, one.kind) if text else b"")
    return row


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()


def _seal(plain: Any, one: Sealed, row: dict[str, Any], moving: Moving) -> bytes:
    if plain is None:
        return LOST
    if not isinstance(plain, str):
        raise MoveRefused("import_row_malformed", one.name)
    if not plain:
        return b""
    identity = one.identity(str(row.get("id")))
    if one.is_text:
        return moving.files.seal_text(plain, identity)
    try:
        return moving.files.seal_bytes(b64decode(plain, validate=True), identity)
    except ValueError as error:
        raise MoveRefused("import_row_malformed", one.name) from error


def _by_columns(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows that name the same columns together: what a row does not name has its default."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    yield from groups.values()


def _insert(table: str, rows: list[dict[str, Any]]) -> int:
    names = ", ".join(f'"{name}"' for name in rows[0])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names}"  # noqa: S608 - of the catalogue
            f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)",
            [json.dumps(rows)],
        )
        return int(cursor.rowcount)
