"""What the three roles of roles.sql may do, tried against the embedded server."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql

from portal.embedded import EmbeddedDatabase, ensure_running, service
from portal.embedded.cluster import programs
from portal.embedded.paths import Paths
from portal.embedded.roles import ROLES_SQL, Passwords, prepare_database
from tests.portal.embedded_clients import World, roomy_folder

pytestmark = pytest.mark.processes

SECRET_ROWS = """
CREATE TABLE secret (id integer PRIMARY KEY, agency integer NOT NULL);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secret USING (agency = current_setting('candor.agency')::integer);
CREATE FUNCTION answer() RETURNS integer LANGUAGE sql RETURN 42;
CREATE TABLE face (template vector(3));
"""


@pytest.fixture(scope="module")
def database() -> Iterator[EmbeddedDatabase]:
    with tempfile.TemporaryDirectory(dir=roomy_folder()) as name:
        world = World(Path(name))
        try:
            found = ensure_running(world.paths.var)
            with psycopg.connect(found.owner_url) as connection:
                connection.execute(SECRET_ROWS)
            yield found
        finally:
            os.close(service._leases.pop(world.paths.lease))
            world.kill_everything()


def paths_of(database: EmbeddedDatabase) -> Paths:
    socket_folder = psycopg.conninfo.conninfo_to_dict(database.superuser_url)["host"]
    return Paths.below(Path(str(socket_folder)).parent)


def attributes(database: EmbeddedDatabase, role: str) -> set[str]:
    """The attributes of a role that are switched on."""
    names = "super inherit createrole createdb canlogin replication bypassrls"
    columns = [f"rol{name}" for name in names.split()]
    with psycopg.connect(database.superuser_url) as connection:
        row = connection.execute(
            sql.SQL("SELECT {} FROM pg_roles WHERE rolname = %s").format(
                sql.SQL(", ").join(map(sql.Identifier, columns))
            ),
            (role,),
        ).fetchone()
    assert row is not None
    return {name for name, value in zip(columns, row, strict=True) if value}


def test_attributes(database: EmbeddedDatabase) -> None:
    assert attributes(database, "candor_owner") == {"rolcanlogin", "rolcreatedb"}
    assert attributes(database, "candor_app") == {"rolcanlogin"}
    assert attributes(database, "candor_broker") == {"rolcanlogin"}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id integer)",
        "CREATE TEMPORARY TABLE mine (id integer)",
        "CREATE SCHEMA mine",
        "CREATE TABLE broker.mine (id integer)",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "TRUNCATE secret",
        "ALTER TABLE secret DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own ON secret",
        "SET ROLE candor_owner",
        "SET ROLE candor_broker",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER ROLE candor_app BYPASSRLS",
        "ALTER ROLE candor_app RESET log_min_error_statement",
        "SET log_min_error_statement = error",
        "SELECT pg_read_file('PG_VERSION')",
        "COPY secret TO PROGRAM 'true'",
    ],
)
def test_application_may_not(database: EmbeddedDatabase, statement: str) -> None:
    with (
        psycopg.connect(database.app_url, autocommit=True) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_application_writes_and_reads_under_row_level_security(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.app_url) as connection:
        connection.execute("SET LOCAL candor.agency = '1'")
        connection.execute("INSERT INTO secret VALUES (1, 1)")
        connection.execute("UPDATE secret SET id = 2")
        assert connection.execute("SELECT id, answer() FROM secret").fetchall() == [(2, 42)]
        connection.execute("SET LOCAL candor.agency = '2'")
        assert connection.execute("SELECT id FROM secret").fetchall() == []
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("INSERT INTO secret VALUES (3, 1)")


def test_switching_row_security_off_is_an_error_not_a_way_round(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.app_url) as connection:
        connection.execute("SET LOCAL row_security = off")
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("SELECT * FROM secret")


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM public.secret", "SELECT public.answer()", "CREATE TABLE public.mine (id int)"],
)
def test_broker_sees_no_schema_but_its_own(database: EmbeddedDatabase, statement: str) -> None:
    with psycopg.connect(database.broker_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bell (id integer)")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


def test_application_cannot_read_the_broker(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.broker_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bell (id integer)")
    with (
        psycopg.connect(database.app_url) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM broker.bell")


TALKATIVE = {
    "log_min_error_statement": "error",
    "log_error_verbosity": "verbose",
    "log_statement": "all",
    "log_min_duration_statement": "0",
}


@pytest.fixture
def talkative(database: EmbeddedDatabase) -> Iterator[None]:
    """The database logs all it can, as somebody's own server may."""
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        for name, value in TALKATIVE.items():
            superuser.execute(f"ALTER DATABASE candor SET {name} = '{value}'")
        yield
        superuser.execute("ALTER DATABASE candor RESET ALL")


def logged(database: EmbeddedDatabase, url: str) -> str:
    """What the server writes of statements, by whoever connects by this address."""
    log = paths_of(database).log
    begun = log.stat().st_size
    with psycopg.connect(url, dbname="candor", autocommit=True) as connection:
        connection.execute("SELECT 'Zubeida' FROM pg_sleep(0.01)")
        with pytest.raises(errors.DivisionByZero):
            connection.execute("SELECT 'Zubeida', 1 / 0")
        with pytest.raises(errors.RaiseException):
            connection.execute("DO $$ BEGIN RAISE 'x' USING DETAIL = 'Zubeida'; END $$")
    return log.read_bytes()[begun:].decode()


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("role", ["app_url", "broker_url", "owner_url"])
def test_what_is_in_statements_stays_out_of_the_log_of_any_server(
    database: EmbeddedDatabase, role: str
) -> None:
    assert logged(database, database.superuser_url).count("Zubeida") >= 5  # it does log
    found = logged(database, getattr(database, role))
    assert "division by zero" in found
    assert "Zubeida" not in found


@pytest.mark.parametrize("role", ["app_url", "broker_url", "owner_url", "superuser_url"])
def test_wrong_password_is_refused(database: EmbeddedDatabase, role: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(getattr(database, role), password="guessed")


def test_database_made_by_the_owner_is_ready_for_tests(database: EmbeddedDatabase) -> None:
    """Django's test runner makes its database as candor_owner, without any superuser."""
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE test_candor")
        try:
            with psycopg.connect(database.owner_url, dbname="test_candor") as connection:
                connection.execute("CREATE TABLE face (template vector(3))")
            with psycopg.connect(database.app_url, dbname="test_candor") as connection:
                connection.execute("INSERT INTO face VALUES ('[1, 2, 3]')")
            with psycopg.connect(database.broker_url, dbname="test_candor") as connection:
                connection.execute("CREATE TABLE bell (id integer)")
        finally:
            owner.execute("DROP DATABASE test_candor")


def test_operators_run_the_same_file_with_psql(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE operators TEMPLATE template0")
    passwords = Passwords.load_or_make(paths_of(database))
    variables = {"database": "operators", "owner_password": passwords.owner}
    variables |= {"app_password": passwords.app, "broker_password": passwords.broker}
    psql = [str(programs() / "psql"), database.superuser_url.replace("/postgres?", "/operators?")]
    options = ["--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    options += [f"--set={name}={value}" for name, value in variables.items()]
    done = subprocess.run(
        [*psql, *options, f"--file={ROLES_SQL}"], check=True, capture_output=True, text=True
    )
    assert not any(password in done.stdout + done.stderr for password in asdict(passwords).values())
    with psycopg.connect(database.owner_url, dbname="operators") as connection:
        connection.execute("CREATE TABLE face (template vector(3))")
    with psycopg.connect(database.app_url, dbname="operators") as connection:
        connection.execute("INSERT INTO face VALUES ('[1, 2, 3]')")
    assert "rolcreatedb" not in attributes(database, "candor_owner")


def test_preparing_again_keeps_what_a_migration_took_away(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("CREATE TABLE entry (id integer)")
        connection.execute("REVOKE UPDATE, DELETE ON entry FROM candor_app")
    passwords = Passwords.load_or_make(paths_of(database))
    prepare_database(database.superuser_url, "candor", passwords)
    with psycopg.connect(database.app_url) as connection:
        connection.execute("INSERT INTO entry VALUES (1)")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("DELETE FROM entry")
