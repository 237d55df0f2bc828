"""The triggers of the tables that rows are brought into: set aside for one transaction.

Only the owner of a table can, and only in this transaction: whatever ends it, they stand again.
Until it ends nobody else writes into those tables; reading goes on.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, OperationalError, connection

from accounts.moving.faults import MoveRefused
from accounts.moving.rows import refusal

WAIT = "20s"
# Those that fire when a row is inserted (tgtype, bit 2), and are no constraint of the database's.
# One that fires ALWAYS does not judge a row but notes that it came: versions of galleries, scans in
# memory. It stays, and stays such a one.
_TRIGGERS = """
SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgtype & 4 <> 0 AND t.tgparentid = 0
    AND t.tgenabled = 'O' AND c.relname = ANY(%s) ORDER BY 1, 2
"""


@contextmanager
def triggers_aside(tables: Iterable[str]) -> Iterator[None]:
    """In the open transaction of the owner. Raises MoveRefused("import_busy")."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS, [list(tables)])
        found = cursor.fetchall()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
        try:
            _switch("DISABLE", found)
        except OperationalError as error:
            raise MoveRefused("import_busy") from error
    yield
    # Every foreign key and unique key that waits for the end is looked at now: a table with
    # waiting ones cannot be altered.
    with connection.cursor() as cursor:
        try:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except DatabaseError as error:
            raise refusal(error, "references") from error
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    _switch("ENABLE", found)


def _switch(how: str, triggers: list[tuple[str, str]]) -> None:
    with connection.cursor() as cursor:
        for table, name in triggers:
            cursor.execute(f'ALTER TABLE "{table}" {how} TRIGGER "{name}"')
