"""Whether new migrations are safe beside the version that runs: docs/operations.md.

`python -m tests.migration_rules` fails with a list of what is not. The rules are those of
django-migration-linter, and ours on locks that it does not know. Only what is done to tables that
were there before counts: nobody waits for a table that the same migration makes.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache

import django
import sqlparse
from django.db import connection, connections
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.base import Check, CheckMode, CheckType, Issue
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

# The last migration of each app before anything was installed: these and earlier ones ran on empty
# tables. At a release nothing changes here; the rules hold from one version to the next.
BASELINE = {
    "portal": "0004_platform_key",
    "audit": "0007_stamps",
    "accounts": "0034_moving",
    "searches": "0027_score_slices",
    "galleries": "0008_seal_import_lines",
    "training": "0001_training",
    "oversight": "0005_requests",
}
# What was looked at and is safe all the same: (app, migration, code) and why.
WAIVED: dict[tuple[str, str, str], str] = {}

_NEW = re.compile(r'CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?"?(\w+)"?', re.IGNORECASE)
_TOUCHED = re.compile(
    r"(?:ALTER TABLE(?: IF EXISTS)?(?: ONLY)?|CREATE (?:UNIQUE )?INDEX .*? ON(?: ONLY)?"
    r"|UPDATE|DELETE FROM|TRUNCATE(?: TABLE)?|LOCK TABLE)"
    r' "?(\w+)"?',
    re.IGNORECASE,
)


def _rule(code: str, pattern: str, message: str) -> Check:
    found = re.compile(pattern, re.IGNORECASE)
    return Check(
        code, lambda sql, **_: found.search(sql), message, CheckMode.ONE_LINER, CheckType.ERROR
    )


class Rules(PostgresqlAnalyser):
    """The library's rules for PostgreSQL, and what else locks a table or breaks older code."""

    migration_checks = [
        *PostgresqlAnalyser.migration_checks,
        _rule(
            "VALIDATES",
            r"^ALTER TABLE .* ADD (CONSTRAINT \S+ )?(CHECK|FOREIGN KEY|EXCLUDE)(?!.* NOT VALID)",
            "reads the whole table under a lock: add it NOT VALID, then validate it apart",
        ),
        _rule(
            "REWRITES",
            r"^ALTER TABLE .* ADD COLUMN .*(\b(gen_random_uuid|uuidv7|random|clock_timestamp)\(|"
            r"GENERATED ALWAYS AS|GENERATED .* AS IDENTITY|\b(big|small)?serial\b)",
            "writes the whole table anew under a lock: add the column empty and fill it in batches",
        ),
        _rule(
            "CHANGES_ROWS",
            r"^(WITH .* )?(UPDATE|DELETE FROM|TRUNCATE)\b",
            "locks rows until all are changed: do it in batches, by a task",
        ),
        _rule("LOCKS", r"^(LOCK|CLUSTER|VACUUM FULL)\b", "locks a table"),
        _rule(
            "DROPS",
            r"^DROP (FUNCTION|PROCEDURE|VIEW|MATERIALIZED VIEW|TYPE|SCHEMA|ROLE)\b",
            "the version before may use it: leave it until the next release",
        ),
    ]


def sql_of(migration: Migration, before: ProjectState) -> str:
    """The SQL of a migration on a project in the state before it; nothing is executed.

    For the owner: on another connection the router lets no migration do anything.
    """
    with connections["owner"].schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(before.clone(), editor, collect_sql=True)
        return "\n".join(editor.collected_sql)


def statements_of(sql: str) -> Iterator[str]:
    """Each statement on one line without comments, but for those on tables that it makes itself."""
    plain = sqlparse.format(sql, strip_comments=True)
    statements = [" ".join(one.split()) for one in sqlparse.split(plain)]
    made = {found[1] for one in statements if (found := _NEW.match(one))}
    for one in statements:
        touched = _TOUCHED.match(one)
        if one and not (touched and touched[1] in made):
            yield one


def issues_of(migration: Migration, sql: str) -> list[Issue]:
    """What is not safe in it: warnings count as errors."""
    errors, _, warnings = analyse_sql_statements(Rules, list(statements_of(sql)))
    data_errors, _, data_warnings = _linter().analyse_data_migration(migration)
    # It reads the SQL of RunSQL once more, line by line: that we have done by statements.
    data = [one for one in [*data_errors, *data_warnings] if one.code.startswith("RUN")]
    return [*errors, *warnings, *data]


@cache
def _linter() -> MigrationLinter:
    return MigrationLinter(no_cache=True, no_output=True, analyser_string="postgresql")


def problems() -> list[str]:
    """Every rule that a migration after the baseline breaks, but for what is waived."""
    loader = MigrationLoader(connection)
    found = []
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app not in BASELINE or name <= BASELINE[app]:
            continue
        before = loader.project_state((app, name), at_end=False)
        for issue in issues_of(migration, sql_of(migration, before)):
            if (app, name, issue.code) not in WAIVED:
                place = ".".join(filter(None, (issue.table, issue.column)))
                found.append(f"{app}.{name}: {issue.code} {issue.message} {place}".strip())
    return found


def main() -> int:
    django.setup()
    found = problems()
    sys.stdout.writelines(f"{line}\n" for line in found)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
