"""Passwords, roles and databases inside the embedded server."""

import hashlib
import json
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from portal.embedded.errors import EmbeddedError
from portal.embedded.paths import PORT, Paths, write_private

ROLES_SQL = Path(__file__).resolve().parent.parent / "roles.sql"
ROLES = {"owner": "candor_owner", "app": "candor_app", "broker": "candor_broker"}
# psql's :'literal' and :"identifier"; a cast's double colon is neither.
_VARIABLE = re.compile(r"(?<!:):(?:'(\w+)'|\"(\w+)\")")


@dataclass(frozen=True, slots=True)
class Passwords:
    """One random password per role, kept in `var/postgres.json` (mode 0600)."""

    superuser: str
    owner: str
    app: str
    broker: str

    @classmethod
    def load_or_make(cls, paths: Paths) -> "Passwords":
        """Read them, or make them before the first initdb so that a killed one can be repeated."""
        if paths.secrets.exists():
            return cls(**json.loads(paths.secrets.read_text()))
        if paths.data.exists():
            raise EmbeddedError(
                "embedded_passwords_lost",
                f"{paths.secrets} with the passwords of {paths.data} is gone. Put it back from a "
                "backup, or delete the folder to start with an empty database.",
            )
        made = cls(*(secrets.token_urlsafe(24) for _ in range(4)))
        unfinished = paths.secrets.with_suffix(".json.new")
        write_private(unfinished, json.dumps(asdict(made)))
        unfinished.rename(paths.secrets)
        return made


def url(paths: Paths, role: str, password: str, database: str) -> str:
    host = quote(str(paths.sockets), safe="")
    return f"postgresql://{role}:{password}@/{quote(database)}?host={host}&port={PORT}"


def is_prepared(owner_url: str) -> bool:
    """Whether the database exists and was prepared with today's roles.sql.

    Raises psycopg.OperationalError when the server cannot be reached.
    """
    try:
        with psycopg.connect(owner_url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
                " WHERE datname = current_database()"
            ).fetchone()
    except psycopg.OperationalError as error:
        # A missing database or role, as told by the server; libpq gives no SQLSTATE here.
        if "FATAL" in str(error) and ("does not exist" in str(error) or "password" in str(error)):
            return False
        raise
    return row is not None and row[0] == _mark()


def prepare_database(superuser_url: str, name: str, passwords: Passwords) -> None:
    """Create the database `name` if it is missing and run roles.sql in it; safe to repeat."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        if not known.rowcount:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    values = {
        "database": name,
        "owner_password": passwords.owner,
        "app_password": passwords.app,
        "broker_password": passwords.broker,
    }
    with psycopg.connect(superuser_url, dbname=name) as connection:
        connection.execute(_with_values(ROLES_SQL.read_text(), values))
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), _mark())
        )
        # Production needs none: it lets Django's test runner make its databases.
        connection.execute("ALTER ROLE candor_owner CREATEDB")


def _mark() -> str:
    return "roles.sql " + hashlib.sha256(ROLES_SQL.read_bytes()).hexdigest()[:16]


def _with_values(script: str, values: dict[str, str]) -> sql.Composed:
    """roles.sql with psql's variables filled in as psql would, quoted."""
    parts: list[sql.Composable] = []
    end = 0
    for match in _VARIABLE.finditer(script):
        literal, identifier = match.groups()
        parts.append(sql.SQL(script[end : match.start()]))
        parts.append(
            sql.Literal(values[literal]) if literal else sql.Identifier(values[identifier])
        )
        end = match.end()
    parts.append(sql.SQL(script[end:]))
    return sql.Composed(parts)
