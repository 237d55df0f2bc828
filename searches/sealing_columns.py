"""A migration operation that seals what a column holds in clear."""

import secrets
from typing import Any
from uuid import UUID

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from accounts.services.agencies import data_key_identity
from portal.datakeys import FIRST, DataKeys
from portal.keys import KEY_BYTES
from portal.storage import FileStore, open_store
from searches.sealed import identity_of

AT_ONCE = 2000
_KEYS = "SELECT slug, data_key FROM accounts_agency WHERE id = %s"
_READ = (
    'SELECT id, "{clear}" FROM "{table}" WHERE agency_id = %s AND id > %s AND "{clear}" <> \'\''
    " ORDER BY id LIMIT %s"
)
_WRITE = (
    'UPDATE "{table}" t SET {columns} FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[])'
    " AS n (id, sealed, mark) WHERE t.agency_id = %s AND t.id = n.id"
)


class SealColumn(Operation):
    """Seal the column `clear` of a model into `sealed`, agency by agency, some rows at a time.

    The marks of the texts go into the column `mark`, if there is one, and `also` is written with
    them, SQL over the row `t`. The table's own triggers rest meanwhile, as they hold against
    changes of a row. Not reversible on purpose.
    """

    reversible = False

    def __init__(
        self,
        model: str,
        clear: str,
        sealed: str,
        *,
        mark: str = "",
        kind: str = "",
        also: str = "",
    ) -> None:
        self.model, self.clear, self.sealed = model, clear, sealed
        self.kind, self.written = kind, [f'"{sealed}" = n.sealed']
        if mark:
            self.written.append(f'"{mark}" = n.mark')
        if also:
            self.written.append(also)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes for Django."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model)
        table = model._meta.db_table
        schema_editor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        if not schema_editor.collect_sql:  # who looks at the SQL alone has no rows
            self._seal_all(schema_editor, model)
        # A row that is sealed twice in one transaction has its foreign keys asked again at the end.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")
        schema_editor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')

    def _seal_all(self, schema_editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        with schema_editor.connection.cursor() as cursor:
            for agency_id in _agencies(cursor):
                _tell(cursor, "agency_id", str(agency_id))
                self._seal(cursor, model, agency_id)
            _tell(cursor, "agency_id", "")

    def _seal(self, cursor: Any, model: Any, agency_id: int) -> None:
        names = {"table": model._meta.db_table, "clear": self.clear}
        columns = ", ".join(self.written)
        last, store = UUID(int=0), None
        while True:
            cursor.execute(_READ.format(**names), [agency_id, last, AT_ONCE])
            if not (rows := cursor.fetchall()):
                return
            store = store or _store_of(cursor, agency_id)
            last = rows[-1][0]
            sealed = [
                store.seal_text(text, identity_of(model, pk, self.sealed)) for pk, text in rows
            ]
            marks = [store.mark(text, self.kind) for _, text in rows]
            values = [[pk for pk, _ in rows], sealed, marks, agency_id]
            cursor.execute(_WRITE.format(columns=columns, **names), values)

    def describe(self) -> str:
        return f"Seal {self.clear} of {self.model}"


def _agencies(cursor: Any) -> list[int]:
    _tell(cursor, "platform", "on")
    cursor.execute("SELECT id FROM accounts_agency ORDER BY id")
    found = [agency_id for [agency_id] in cursor.fetchall()]
    _tell(cursor, "platform", "")
    return found


def _tell(cursor: Any, name: str, value: str) -> None:
    """Whose rows exist, for row-level security, which holds for the owner, too."""
    cursor.execute("SELECT set_config(%s, %s, true)", [f"candor.{name}", value])


def _store_of(cursor: Any, agency_id: int) -> FileStore:
    """Of an agency whose key is destroyed nothing can be read any more, nor this."""
    cursor.execute(_KEYS, [agency_id])
    slug, wrapped = cursor.fetchone()
    if not bytes(wrapped):
        return FileStore(agency_id, DataKeys(FIRST, {FIRST: secrets.token_bytes(KEY_BYTES)}))
    return open_store(agency_id, bytes(wrapped), data_key_identity(slug))
