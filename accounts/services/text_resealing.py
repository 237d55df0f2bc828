"""Sealing what lies in rows by the current version of an agency's data key; ending older versions.

Triggers keep what was written from being changed by anybody whom the portal knows, and they stay:
the bytes are exchanged by the administrator of the database (DATABASE_ADMIN_URL), for whose session
alone they do not fire, and only for bytes that open to the same text. docs/adr/0018 says why.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from psycopg import sql

from accounts.access import files_of
from accounts.actor import Actor
from accounts.models import Agency
from accounts.sealed_columns import SealedColumn, sealed_columns
from accounts.services.platform_record import record_for_both
from accounts.services.resealing import is_resealing
from portal.audit.actions import Action
from portal.backups.admin import Rows, admin_connection
from portal.datakeys import FIRST, Ring, head_of, load
from portal.keys import KeyProblem
from portal.storage import FileStore
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

ROWS_PER_BATCH = 200


@dataclass(frozen=True, slots=True)
class Resealed:
    """`texts` were sealed anew; `left` could not be opened and stay as they are."""

    version: int
    texts: int
    left: int


class StillSealed(Exception):
    """An older version of a key is needed still; the message says where."""


def reseal_texts(*, actor: Actor, agency_id: int) -> Resealed:
    """Seal all of an agency's columns by the current version, batch by batch.

    Everybody works on meanwhile. One that was killed goes on where it was: what is sealed says by
    which version. Raises KeyServiceAway, BackupError without an administrator's connection.
    """
    with scope(agency_id):
        store = files_of(agency_id)
    if store.version == FIRST:
        return Resealed(FIRST, 0, 0)
    with admin_connection() as admin:
        texts = sum(_reseal(admin, column, store, agency_id) for column in sealed_columns())
        left = sum(waiting_in(admin, store.version, agency_id).values())
    done = Resealed(store.version, texts, left)
    with transaction.atomic(), platform_scope():
        agency = Agency.objects.get(pk=agency_id)
        facts = {"version": done.version, "texts": texts, "left": left}
        record_for_both(actor, Action.KEY_TEXTS_RESEALED, agency, facts)
    return done


def end_old_versions(*, actor: Actor, agency_id: int) -> list[int]:
    """Destroy the versions of an agency's data key that nothing is sealed by; which ones.

    The first one stays: fingerprints of erased pictures are made by it for ever, and nothing else
    is any more. Raises StillSealed.
    """
    with transaction.atomic(), platform_scope():
        agency = Agency.objects.select_for_update().get(pk=agency_id)
        old = load(bytes(agency.data_key))
        kept = {n: one for n, one in old.wrapped.items() if n in (FIRST, old.current)}
        ended = sorted(set(old.wrapped) - set(kept))
        if ended:
            _require_unused(old, agency_id)
            ring = replace(old, wrapped=kept)
            Agency.objects.filter(pk=agency_id).update(data_key=ring.dump())
            record_for_both(actor, Action.KEY_VERSIONS_ENDED, agency, {"versions": ended})
    return ended


def waiting_in(admin: Rows, version: int, agency_id: int) -> dict[str, int]:
    """How many values of an agency are sealed by another version, by "table.column"."""
    found = {}
    for column in sealed_columns():
        query = _query("SELECT count(*) FROM {table} t WHERE {others}", column)
        row = admin.execute(query, [agency_id, head_of(version)]).fetchone()
        if row and row[0]:
            found[f"{column.table}.{column.column}"] = int(row[0])
    return found


def _require_unused(ring: Ring, agency_id: int) -> None:
    if is_resealing(ring):
        raise StillSealed("files are being sealed anew: wait for the worker")
    with admin_connection() as admin:
        waiting = waiting_in(admin, ring.current, agency_id)
    if waiting:
        places = ", ".join(f"{number} in {place}" for place, number in waiting.items())
        raise StillSealed(f"{places}: run rotate_keys texts first")


def _reseal(admin: Rows, column: SealedColumn, store: FileStore, agency_id: int) -> int:
    done, last = 0, None
    while True:
        with admin.transaction():
            # No trigger fires in this session until the end of the transaction.
            admin.execute("SET LOCAL session_replication_role = 'replica'")
            rows = _batch(admin, column, store, agency_id, last)
            fresh = [one for one in (_sealed_anew(column, store, row) for row in rows) if one]
            with admin.cursor() as cursor:
                update = _query("UPDATE {table} SET {column} = %s WHERE id = %s", column)
                cursor.executemany(update, fresh)
        if not rows:
            return done
        done, last = done + len(fresh), rows[-1][0]


def _batch(
    admin: Rows, column: SealedColumn, store: FileStore, agency_id: int, last: Any
) -> list[tuple[Any, ...]]:
    """The next rows to be sealed anew: id, bytes, and what they are bound to."""
    needs = sql.SQL("").join(sql.SQL(", t.{}").format(sql.Identifier(n)) for n in column.needs)
    query = _query(
        "SELECT t.id, t.{column}{needs} FROM {table} t WHERE {others}{after}"
        " ORDER BY t.id LIMIT {size} FOR UPDATE OF t",
        column,
        needs=needs,
        after=sql.SQL("" if last is None else " AND t.id > %s"),
        size=sql.Literal(ROWS_PER_BATCH),
    )
    values = [agency_id, head_of(store.version), *([] if last is None else [last])]
    return admin.execute(query, values).fetchall()


def _sealed_anew(
    column: SealedColumn, store: FileStore, row: tuple[Any, ...]
) -> tuple[bytes, Any] | None:
    pk, sealed, *values = row
    try:
        return store.reseal_value(bytes(sealed), column.bound_to(*values)), pk
    except KeyProblem:
        # It was unreadable before; the others must not wait for it.
        logger.warning("A sealed value stays as it is: %s.%s", column.table, column.column)
        return None


def _query(text: str, column: SealedColumn, **parts: sql.Composable) -> sql.Composed:
    """`others`: rows of an agency (%s) whose value does not begin with a version's head (%s)."""
    name = sql.Identifier(column.column)
    others = f"{column.rows} AND length(t.{{column}}) > 0 AND substring(t.{{column}} FOR 10) <> %s"
    found = sql.SQL(others).format(column=name)
    names = {"table": sql.Identifier(column.table), "column": name, "others": found}
    return sql.SQL(text).format(**names, **parts)
