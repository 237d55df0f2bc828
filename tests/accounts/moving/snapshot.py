"""What an agency holds, for a comparison of two installations."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import connection

from accounts.access import files_of
from accounts.models import Membership
from accounts.moving.columns import KEY, PERSON, USER, Column, Shape, brought_tables
from accounts.offboarding.file_keys import stored_keys
from accounts.offboarding.registry import expression_of
from accounts.offboarding.tables import tenant_tables
from accounts.offboarding.texts import in_clear
from portal.keys import KeyProblem
from portal.storage import MissingFile
from portal.tenancy import scope

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Snapshot:
    """Rows by table with their sealed texts in clear; files by key; people by number."""

    rows: dict[str, Rows]
    files: dict[str, str]
    people: dict[int, str]


def snapshot_of(agency_id: int) -> Snapshot:
    with scope(agency_id):
        rows = {table.name: _rows(table.name, agency_id) for table in tenant_tables()}
        members = Membership.objects.select_related("user")
        people = {member.user_id: member.user.email for member in members}
        return Snapshot(rows, _files(agency_id), people)


def _rows(table: str, agency_id: int) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({expression_of(table)})::text FROM {table} t WHERE agency_id = %s",
            [agency_id],
        )
        lines = [line for (line,) in cursor.fetchall()]
    return [json.loads(line) for line in in_clear(table, files_of(agency_id), lines)]


def _files(agency_id: int) -> dict[str, str]:
    """Digests of what can be opened."""
    store, files = files_of(agency_id), {}
    for key in stored_keys(agency_id):
        try:
            files[key] = sha256(store.get(key)).hexdigest()
        except (KeyProblem, MissingFile):
            files[key] = "unreadable"
    return files


def comparable(held: Snapshot) -> dict[str, list[str]]:
    """Rows in which numbers and keys of an installation stand as what they stand for."""
    return {
        shape.table: sorted(_plain(row, shape, held) for row in held.rows[shape.table])
        for shape in brought_tables()
    }


def _plain(row: dict[str, Any], shape: Shape, held: Snapshot) -> str:
    by_name = {column.name: column for column in shape.columns}
    plain = {k: _meant(by_name.get(k), v, held) for k, v in row.items() if v is not None}
    return json.dumps(plain, sort_keys=True)


def _meant(column: Column | None, value: Any, held: Snapshot) -> Any:
    if column is None:
        return value
    if isinstance(value, list):
        return [_meant(column, one, held) for one in value]
    if column.name == "agency_id" or column.is_number:
        return "number"
    if column.refers and isinstance(value, int):
        return held.people.get(value, "number") if column.refers == USER else "number"
    if isinstance(value, int) and PERSON.fullmatch(column.name):
        return held.people.get(value, "somebody else")
    if KEY.fullmatch(column.name):
        return held.files.get(value, value)
    return value
