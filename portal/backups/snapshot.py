"""The database at one moment: its dump, and what the manifest says of it."""

from pathlib import Path
from typing import Any

from psycopg import sql

from portal.backups import store
from portal.backups.admin import Rows, admin_connection, admin_conninfo, one
from portal.backups.programs import run

# Live keys of log-ins, and what lives for minutes: nobody is to have them back.
WITHOUT_ROWS = ("django_session", "portal_cache")
_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname
"""


def dump(path: Path) -> dict[str, Any]:
    """Write a dump in pg_dump's custom format; its part of the manifest. Raises BackupError.

    Rows are counted in the very snapshot that is dumped. The schema of the embedded broker stays
    out: it holds bells, which the sweeper rings again.
    """
    with admin_connection() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = one(connection, "SELECT pg_export_snapshot()")[0]
        facts = facts_of(connection) | {"migrations": migrations_of(connection)}
        options = [f"--snapshot={snapshot}", "--format=custom", "--compress=gzip:3"]
        options += ["--exclude-schema=broker"]
        options += [f"--exclude-table-data=public.{name}" for name in WITHOUT_ROWS]
        with open(path, "xb", opener=store.private) as out:
            run("pg_dump", options, admin_conninfo(), stdout=out)
        rows = count_rows(connection)
    return facts | {
        "rows": rows,
        "sha256": store.digest_of(path),
        "bytes": path.stat().st_size,
    }


def facts_of(connection: Rows) -> dict[str, Any]:
    """Versions of the server and of pgvector."""
    vector = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
    return {
        "server": int(one(connection, "SELECT current_setting('server_version_num')::int")[0]),
        "pgvector": str(one(connection, vector)[0]),
    }


def migrations_of(connection: Rows) -> list[str]:
    """The migrations that the database has had, as "app.name"."""
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return [name for (name,) in rows.fetchall()]


def count_rows(connection: Rows) -> dict[str, int]:
    """How many rows each table has that a dump brings."""
    names = [name for (name,) in connection.execute(_TABLES).fetchall()]
    counted = {}
    for name in names:
        if name not in WITHOUT_ROWS:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", name))
            row = connection.execute(query).fetchone()
            counted[name] = int(row[0]) if row else 0
    return counted
