"""The database: server, extension, migrations, role and row-level security."""

from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from portal.doctor.problems import Advice, Problem

MIN_SERVER = 160000
MIN_PGVECTOR = (0, 8)
SILENT = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
}


def _row(sql: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    if row is None:
        raise Problem(f"no answer to {sql}", "Report this as a defect")
    return tuple(row)


def check_server() -> str:
    try:
        number, version = _row("SELECT current_setting('server_version_num')::int, version()")
    except OperationalError as error:
        raise Problem(
            f"cannot connect: {str(error).strip()}",
            "Check DATABASE_URL and that the server runs; without DATABASE_URL the embedded"
            f" server's log is {settings.VAR_DIR}/postgres.log",
        ) from error
    if number < MIN_SERVER:
        raise Problem(f"PostgreSQL {number // 10000}", "Upgrade to PostgreSQL 16 or newer")
    kind = "embedded" if settings.EMBEDDED_DATABASE else "external"
    return f"{version.split(' on ')[0]} ({kind})"


def check_extension() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    if row is None:
        raise Problem(
            "pgvector is not installed in this database",
            "As a superuser: CREATE EXTENSION vector (portal/roles.sql does it)",
        )
    version = str(row[0])
    if tuple(int(part) for part in version.split(".")[:2]) < MIN_PGVECTOR:
        raise Problem(f"pgvector {version}", "Upgrade pgvector to 0.8 or newer")
    return f"pgvector {version}"


def check_migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise Problem(f"{len(plan)} migrations are not applied", "Run: python manage.py migrate")
    return "all applied"


def check_role() -> str:
    name, powerful, owns = _row(
        "SELECT rolname, rolsuper OR rolbypassrls,"
        " (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid)"
        " FROM pg_roles WHERE rolname = current_user"
    )
    remedy = "Connect as the app role of portal/roles.sql, and as the owner only to migrate"
    if powerful:
        raise Problem(f"{name} passes by row-level security", remedy)
    if owns:
        raise Problem(f"{name} owns {owns} tables", remedy)
    return f"{name} owns nothing and cannot pass by row-level security"


def check_log() -> str:
    """As roles.sql has it: what is in a statement is what people wrote and look for."""
    names = ", ".join(f"current_setting('{name}')" for name in SILENT)
    wrong = [
        f"{name} = {value}"
        for (name, wanted), value in zip(SILENT.items(), _row(f"SELECT {names}"), strict=True)
        if value != wanted
    ]
    if wrong:
        raise Problem(
            f"the server writes what is in statements into its log: {', '.join(wrong)}",
            "As a superuser: run portal/roles.sql again",
        )
    return "no values of statements"


def check_row_security() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity"
            " AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE a.attname = 'agency_id' AND c.relkind IN ('r', 'p')"
            " AND c.relnamespace = 'public'::regnamespace"
        )
        found = cursor.fetchall()
    open_tables = sorted(name for name, protected in found if not protected)
    if open_tables:
        raise Problem(f"not protected: {', '.join(open_tables)}", "Run: python manage.py migrate")
    if not found:
        raise Advice("there are no tables yet", "Run: python manage.py migrate")
    return f"forced on all {len(found)} tenant tables"
