"""Migrations can run beside the version before; what cannot is found (docs/operations.md)."""

from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from portal.doctor.database import check_migrations
from tests.migration_rules import BASELINE, WAIVED, issues_of, problems, sql_of, statements_of

# The owner makes the SQL of migrations; nothing of it is executed.
pytestmark = pytest.mark.django_db(databases=["default", "owner"])
ZERO = models.Q(("number__gte", 0))


@pytest.fixture(scope="module")
def before() -> ProjectState:
    """A project with one table, which is in use."""
    state = ProjectState()
    fields: list[tuple[str, Any]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("number", models.IntegerField()),
    ]
    migrations.CreateModel("Thing", fields).state_forwards("things", state)
    return state


def codes(before: ProjectState, *made_of: Operation) -> set[str]:
    """The rules that a migration with these operations breaks."""

    class Next(migrations.Migration):
        operations = made_of

    migration = Next("0002_next", "things")
    return {issue.code for issue in issues_of(migration, sql_of(migration, before))}


def add(field: Any) -> Operation:
    return migrations.AddField("thing", "more", field)


def sql(text: str) -> Operation:
    return migrations.RunSQL(text, migrations.RunSQL.noop)


def test_the_migrations_since_the_baseline_are_safe() -> None:
    assert problems() == []
    known = MigrationLoader(connection).disk_migrations
    assert BASELINE.items() <= known.keys(), "the baseline names what there is"
    assert {(app, name) for app, name, _ in WAIVED} <= known.keys()
    assert all(WAIVED.values()), "each waiver says why"


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (add(models.IntegerField(default=1)), "NOT_NULL"),
        (migrations.RemoveField("thing", "number"), "DROP_COLUMN"),
        (migrations.RenameField("thing", "number", "count"), "RENAME_COLUMN"),
        (migrations.RenameModel("thing", "object"), "RENAME_TABLE"),
        (migrations.DeleteModel("thing"), "DROP_TABLE"),
        (migrations.AlterField("thing", "number", models.BigIntegerField()), "ALTER_COLUMN"),
        (migrations.AddIndex("thing", models.Index("number", name="thing_n")), "CREATE_INDEX"),
        (
            migrations.AddConstraint("thing", models.UniqueConstraint("number", name="thing_u")),
            "ADD_UNIQUE",
        ),
        (
            migrations.AddConstraint("thing", models.CheckConstraint(condition=ZERO, name="c")),
            "VALIDATES",
        ),
        (sql("ALTER TABLE things_thing ADD FOREIGN KEY (number) REFERENCES other"), "VALIDATES"),
        (sql("ALTER TABLE things_thing\n  ALTER number\n  SET NOT NULL"), "NOT_NULL"),
        (sql("ALTER TABLE things_thing ADD COLUMN t uuid DEFAULT gen_random_uuid()"), "REWRITES"),
        (sql("UPDATE things_thing SET number = 1"), "CHANGES_ROWS"),
        (sql("DROP INDEX thing_n"), "DROP_INDEX"),
        (sql("DROP FUNCTION thing_count()"), "DROPS"),
        (sql("LOCK TABLE things_thing"), "LOCKS"),
        (migrations.RunSQL("SELECT 1"), "RUNSQL_REVERSIBLE"),
        (migrations.RunPython(lambda apps, schema_editor: None), "RUNPYTHON_REVERSIBLE"),
    ],
)
def test_what_breaks_or_stops_the_version_before_is_found(
    before: ProjectState, operation: Operation, code: str
) -> None:
    assert code in codes(before, operation)


@pytest.mark.parametrize(
    "operation",
    [
        add(models.IntegerField(null=True)),
        add(models.IntegerField(db_default=1)),
        AddConstraintNotValid("thing", models.CheckConstraint(condition=ZERO, name="c")),
        migrations.CreateModel(
            "Second",
            [("id", models.BigAutoField(primary_key=True)), ("number", models.IntegerField())],
            {"constraints": [models.UniqueConstraint(fields=["number"], name="second_number")]},
        ),
        sql(
            "CREATE TABLE later (\n id bigint NOT NULL, -- DROP COLUMN\n UNIQUE (id)\n);"
            "CREATE INDEX later_id ON later (id); UPDATE later SET id = 1;"
            "CREATE FUNCTION later_f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN\n"
            "UPDATE things_thing SET number = 1; DROP TABLE other; END $$"
        ),
        sql("CREATE INDEX CONCURRENTLY thing_n ON things_thing (number)"),
    ],
)
def test_what_can_run_beside_it_passes(before: ProjectState, operation: Operation) -> None:
    assert codes(before, operation) == set()


def test_a_constraint_is_validated_without_stopping_anybody(before: ProjectState) -> None:
    state = before.clone()
    check = models.CheckConstraint(condition=ZERO, name="c")
    AddConstraintNotValid("thing", check).state_forwards("things", state)
    assert codes(state, ValidateConstraint("thing", "c")) == set()


def test_statements_are_split_as_postgresql_does() -> None:
    text = "SELECT ';'; -- a; b\nDO $x$ BEGIN DELETE FROM t; END $x$; SELECT 2"
    assert list(statements_of(text)) == [
        "SELECT ';';",
        "DO $x$ BEGIN DELETE FROM t; END $x$;",
        "SELECT 2",
    ]


def test_the_version_before_is_ready_on_a_newer_schema() -> None:
    """Its pages are served while the next version's migrations have run already."""
    MigrationRecorder(connection).record_applied("searches", "9999_of_the_next_version")
    check_migrations()
    ((app, newest),) = MigrationLoader(None).graph.leaf_nodes("searches")
    MigrationRecorder(connection).record_unapplied(app, newest)
    with pytest.raises(Exception, match="migrations are not applied"):
        check_migrations()
