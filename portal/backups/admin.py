"""The administrator's connection, which backups are made and restored by.

Row-level security is forced on the owner of the tables as well, so neither the app role nor the
owner could read a whole table: pg_dump would stop at the first. It takes a superuser.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from portal import embedded
from portal.backups.errors import BackupError
from portal.database.gate import SETTING

Rows = psycopg.Connection[tuple[Any, ...]]


def admin_conninfo() -> str:
    """How the administrator connects to the portal's database. Raises BackupError."""
    name = database_name()
    if settings.EMBEDDED_DATABASE:
        urls = embedded.ensure_running(Path(settings.VAR_DIR))
        return make_conninfo(urls.superuser_url, dbname=name)
    if not settings.DATABASE_ADMIN_URL:
        raise BackupError(
            "admin_url_missing", "Set DATABASE_ADMIN_URL to a superuser of the database server"
        )
    return make_conninfo(settings.DATABASE_ADMIN_URL, dbname=name)


def database_name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


@contextmanager
def admin_connection() -> Iterator[Rows]:
    """In autocommit. Raises BackupError when it cannot be had or reads less than everything."""
    try:
        connection = psycopg.connect(admin_conninfo(), autocommit=True)
    except psycopg.OperationalError as error:
        raise BackupError("database_unreachable", str(error).strip()) from error
    with connection:
        row = one(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not row[0]:
            raise BackupError(
                "admin_rights", "The role of DATABASE_ADMIN_URL has to be a superuser"
            )
        yield connection


def one(connection: Rows, query: str, *values: Any) -> tuple[Any, ...]:
    """The first row of an answer."""
    row = connection.execute(query.encode(), values).fetchone()
    if row is None:
        raise BackupError("database_unexpected", f"no answer to {query}")
    return row


def is_empty(connection: Rows) -> bool:
    """Whether the database has no tables of a portal."""
    found = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    return bool(one(connection, found)[0] == 0)


def close_gate(connection: Rows) -> None:
    """Let no new connection work, and end those that there are."""
    connection.execute(
        sql.SQL("ALTER DATABASE {} SET {} = 'on'").format(
            sql.Identifier(database_name()), sql.SQL(SETTING)
        )
    )
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND usename IN (SELECT rolname FROM pg_roles WHERE NOT rolsuper)"
    )


def open_gate(connection: Rows) -> None:
    connection.execute(
        sql.SQL("ALTER DATABASE {} RESET {}").format(
            sql.Identifier(database_name()), sql.SQL(SETTING)
        )
    )


def gate_is_closed(connection: Rows) -> bool:
    """As a new connection would find it; this one may be older."""
    query = (
        "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
        " WHERE d.datname = current_database() AND s.setrole = 0 AND %s = ANY (s.setconfig)"
    )
    return bool(one(connection, query, f"{SETTING}=on")[0])
