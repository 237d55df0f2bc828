"""A short soak with a fault of every kind; and that each judge sees what is planted for it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.searches.installation import Installation
from tests.soak import judges, judging_requests, judging_results
from tests.soak.evidence import Evidence, Judge
from tests.soak.faults import BY_ADDRESS, EVERYWHERE
from tests.soak.fleet import fleet
from tests.soak.memory import Growth
from tests.soak.plan import planned
from tests.soak.report import report
from tests.soak.soaking import Soaked, soak

pytestmark = pytest.mark.processes

KINDS = {**EVERYWHERE, **BY_ADDRESS}
# Processes that live for half a minute are still filling their caches.
PLAN = replace(planned(16, 40, len(KINDS), seed=11), longest=2.0, most_growth=1.5)
SECONDS = 600.0  # of a machine that others use as well
WARM_UP = 5.0


@pytest.fixture(scope="module")
def soaked(models: Path) -> Iterator[Soaked]:
    with fleet(models) as made:
        yield soak(made, PLAN, limit=SECONDS, warm_up=WARM_UP)


def test_nothing_is_lost_doubled_or_mixed_up(soaked: Soaked) -> None:
    print(report(soaked))
    assert soaked.findings == {judge.__name__: [] for judge in judges.JUDGES}
    assert {fault.kind for fault in soaked.faults} == set(KINDS)
    assert soaked.numbers["searches concluded by two examiners"] > 0


# --- The judges -----------------------------------------------------------------------------------


class Planted(Installation):
    """The same rows as a transaction sees them that is undone afterwards."""

    def __init__(
        self, place: Installation, connection: "psycopg.Connection[tuple[Any, ...]]"
    ) -> None:
        self.__dict__ |= place.__dict__
        self._planted = connection

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._planted.execute(query.encode(), values).fetchall()


@contextmanager
def planted(soaked: Soaked, sql: str) -> Iterator[Evidence]:
    """What was found, with rows changed past triggers and keys; something has to be changed."""
    with soaked.evidence.place.connect() as connection:
        connection.execute("BEGIN; SET LOCAL session_replication_role = replica")
        assert connection.execute(sql.encode()).rowcount > 0
        yield replace(soaked.evidence, place=Planted(soaked.evidence.place, connection))
        connection.execute("ROLLBACK")


def copied(table: str, where: str, **changed: str) -> str:
    """A row once more, with other values."""
    values = ", ".join(f"'{name}', {value}" for name, value in changed.items())
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object({values}))).*"
        f" FROM {table} t WHERE {where} LIMIT 1"
    )


FRESH = {"id": "gen_random_uuid()", "submission_key": "gen_random_uuid()"}
ROWS: list[tuple[Judge, str]] = [
    (
        judging_requests.nothing_is_open,
        "UPDATE searches_search SET state = 'queued', stage = 'queued' WHERE state = 'done'",
    ),
    (
        judging_requests.every_request_has_one_outcome,
        "DELETE FROM searches_enrolment WHERE submission_key IN"
        " (SELECT submission_key FROM searches_enrolment ORDER BY created_at DESC LIMIT 1)",
    ),
    (judging_requests.every_request_has_one_outcome, copied("searches_search", "true", **FRESH)),
    (
        judging_results.the_ledger_is_what_was_found,
        copied("searches_search", "state = 'done'", **FRESH),
    ),
    (
        judging_results.the_ledger_is_what_was_found,
        "DELETE FROM accounts_usageentry WHERE id ="
        " (SELECT min(id) FROM accounts_usageentry WHERE kind = 'search')",
    ),
    (
        judging_results.the_ledger_is_what_was_found,
        copied(
            "accounts_usageentry",
            "kind = 'face'",
            id="(SELECT max(id) + 1 FROM accounts_usageentry)",
            key="gen_random_uuid()",
        ),
    ),
    (judging_results.conclusions_stand, "DELETE FROM searches_conclusion"),
    (
        judging_requests.every_imported_file_has_one_outcome,
        "DELETE FROM searches_faceimage WHERE sha256 IN"
        " (SELECT sha256 FROM galleries_importfile LIMIT 1)",
    ),
    (
        judging_results.agencies_are_apart,
        "UPDATE searches_subject SET gallery_id = (SELECT id FROM searches_gallery g"
        " WHERE g.agency_id <> searches_subject.agency_id)"
        " WHERE id IN (SELECT subject_id FROM searches_candidate)",
    ),
]


@pytest.mark.parametrize(
    ("judge", "sql"), ROWS, ids=[f"{j.__name__}-{n}" for n, (j, _) in enumerate(ROWS)]
)
def test_planted_row_is_seen(soaked: Soaked, judge: Judge, sql: str) -> None:
    with planted(soaked, sql) as evidence:
        assert judge(evidence) != []


def test_answer_that_is_no_row_is_seen(soaked: Soaked) -> None:
    """Accepted, and then nothing came of it; refused, and done all the same."""
    agency = soaked.evidence.offices[0].agency
    notes = replace(soaked.evidence.notes, sent=dict(soaked.evidence.notes.sent))
    accepted = next(key for key, one in notes.sent.items() if one.pk)
    notes.sent[accepted] = replace(notes.sent[accepted], pk="", code="input_invalid")
    lost = str(uuid.uuid4())
    notes.accept("search", agency, lost, str(uuid.uuid4()))
    found = judging_requests.every_request_has_one_outcome(replace(soaked.evidence, notes=notes))
    assert len(found) == 2
    assert any(lost in words for words in found)
    assert any(f"{accepted} was refused" in words for words in found)


def test_file_without_row_and_row_without_file_are_seen(soaked: Soaked) -> None:
    """The first is of an agency that there is not: the portal's own check does not look there."""
    files = soaked.evidence.place.var / "files"
    moved = next(one for one in files.rglob("*") if one.is_file())
    away = moved.rename(files.parent / "away")
    orphan = files / "999" / "ab" / str(uuid.uuid4())
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    try:
        found = judges.no_file_is_orphaned(soaked.evidence)
    finally:
        away.rename(moved)
        orphan.unlink()
    assert f"no row names {orphan}" in found
    assert any(moved.name in words and "of a row is missing" in words for words in found)
    assert any(words.startswith("check_files") for words in found)


def test_changed_record_is_seen(soaked: Soaked) -> None:
    place = soaked.evidence.place
    change = (
        "UPDATE audit_auditentry SET actor_label = %s WHERE id ="
        " (SELECT min(id) FROM audit_auditentry WHERE actor_label = %s)"
    )
    before = place.value("SELECT actor_label FROM audit_auditentry ORDER BY id LIMIT 1")
    with place.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(change.encode(), ["nobody", before]).rowcount == 1
        try:
            assert judges.the_record_verifies(soaked.evidence) != []
        finally:
            connection.execute(change.encode(), [before, "nobody"])


def test_growing_and_unweighed_processes_are_seen(soaked: Soaked) -> None:
    grown = [Growth("web", 2, 600.0, 100.0, 160.0)]
    found = judges.memory_is_flat(replace(soaked.evidence, growths=grown))
    assert [words.split(":")[0] for words in found] == [
        "no worker lived long enough to be weighed",
        "web",
    ]
