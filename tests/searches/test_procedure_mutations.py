"""The proofs can fail: without a rule, an attack that it refuses succeeds and is noticed.

Each rule is taken away as superuser inside a transaction that is rolled back. The same script is
refused with the rule, goes through without it, and the invariants of the state machine's test say
what is wrong then.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.searches.attacks import (
    DONE,
    RECORD,
    authorization,
    clone,
    conclusion,
    examination,
    search,
    update,
)
from tests.searches.attacks_examining import OUTSIDER, candidate
from tests.searches.committed import committed_place, superuser
from tests.searches.procedure_invariants import broken
from tests.searches.staged import Stages

EACH_TEST_ALONE = True

ITEM, EXAMINATION = "searches_examinationitem", "searches_examination"
SUBMIT = update(
    EXAMINATION,
    "state = 'submitted', submitted_at = now()",
    "search_id = %(before_second)s AND round = 2",
)
FACES = (
    "INSERT INTO searches_examinationitem (agency_id, id, examination_id, position, candidate_id,"
    " gallery_id, subject_id, image_id, disposition, features, comment_sealed) SELECT c.agency_id,"
    " gen_random_uuid(), e.id, c.rank, c.id, c.gallery_id, c.subject_id, c.image_id, '', '{}', ''"
    " FROM searches_candidate c JOIN searches_examination e USING (agency_id, search_id)"
    " WHERE c.search_id = %(before_second)s AND e.round = 2"
)
EXCLUDE = update(
    ITEM,
    "disposition = 'excluded', features = '{\"nose\": \"dissimilar\"}', decided_at = now()",
    "examination_id = (SELECT id FROM searches_examination"
    " WHERE search_id = %(before_second)s AND round = 2)",
)


def end(name: str, outcome: str = "'no_lead'") -> tuple[str, ...]:
    """The conclusion of a search, on record."""
    ended = search("stage = 'concluded'", name)
    return conclusion(name, outcome), ended, RECORD.replace("%(ready)s", f"%({name})s")


@dataclass(frozen=True)
class Mutation:
    rule: str
    script: tuple[str, ...]
    noticed: str

    @property
    def removal(self) -> str:
        """Statements that take the rule away: a function that allows all, or no constraint."""
        if "." in self.rule:
            table, name = self.rule.split(".")
            return f"ALTER TABLE {table} DROP CONSTRAINT {name}"
        return (
            f"CREATE OR REPLACE FUNCTION {self.rule}() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN coalesce(NEW, OLD); END'"
        )


OWN_REVIEW = (
    examination("before_second", 2, "both"),
    FACES,
    EXCLUDE,
    SUBMIT,
    *end("before_second"),
)
MUTATIONS = [
    Mutation("searches_guard_conclusion", end("before_second"), "not examined twice"),
    Mutation(
        "searches_guard_examination",
        (examination("before_second", 2, "third"), SUBMIT, *end("before_second")),
        "not every candidate disposed of",
    ),
    Mutation(
        "searches_guard_item",
        (
            f"DELETE FROM {ITEM} WHERE examination_id IN (SELECT id FROM {EXAMINATION}"
            " WHERE search_id = %(ready)s AND round = 2) AND disposition = 'excluded'",
            *end("ready", "'lead'"),
        ),
        "not every candidate disposed of",
    ),
    Mutation("searches_guard_search", (search("stage = 'concluded'", "fresh"),), "0 conclusions"),
    Mutation(f"{EXAMINATION}.nobody_reviews_their_own", OWN_REVIEW, "the requester reviewed"),
    Mutation(
        "searches_authorization.nobody_authorizes_their_own",
        (
            authorization("own", "deputy"),
            clone("searches_searchtoken", "t.search_id = %(queued)s", search_id="%(own)s"),
            search("stage = 'queued', state = 'queued'", "own"),
        ),
        "authorized by the requester",
    ),
    Mutation(
        "searches_guard_authorization",
        (
            authorization("waiting", "auditor"),
            clone("searches_searchtoken", "t.search_id = %(queued)s", search_id="%(waiting)s"),
            search("stage = 'queued', state = 'queued'", "waiting"),
        ),
        "authorized by somebody without the right",
    ),
    Mutation(
        "searches_complete_authorization",
        (authorization("urgent_ready", "supervisor", decision="'refused'"),),
        "refused, and goes on",
    ),
    Mutation(
        "searches_guard_candidate",
        (candidate("ready", rank="6", **OUTSIDER), *end("ready", "'lead'")),
        "not every candidate disposed of",
    ),
    Mutation(
        "searches_complete_search",
        (search(f"stage = 'examination', {DONE}", "running"),),
        "used 0 times",
    ),
    Mutation(
        "searches_complete_conclusion",
        end("ready", "'lead'")[:2],
        "conclusion not on record",
    ),
    Mutation(
        "searches_keep_until_erased",
        ("DELETE FROM searches_conclusion WHERE search_id = %(concluded)s",),
        "0 conclusions",
    ),
    Mutation(
        "searches_keep",
        ("DELETE FROM searches_searchtoken WHERE search_id = %(queued)s",),
        "0 tokens",
    ),
    Mutation(
        "searches_guard_searched",
        (
            clone(
                "searches_searchedgallery",
                "t.search_id = %(queued)s",
                search_id="%(fresh)s",
                gallery_id="%(other_gallery)s",
            ),
        ),
        "other galleries than sealed",
    ),
    Mutation(
        "searches_guard_receipt",
        (
            search("stage = 'erased'", "fresh"),
            clone("searches_erasurereceipt", "t.search_id = %(refused)s", search_id="%(fresh)s"),
        ),
        "candidates left",
    ),
]


@pytest.fixture(scope="module")
def names(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    models: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Any]]:
    from django.conf import settings

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "FILES_DIR", tmp_path_factory.mktemp("files"))
        with committed_place() as place:
            yield Stages(place).names


def attack(connection: psycopg.Connection, mutation: Mutation, names: dict[str, Any]) -> None:
    """The script under the app role, with what is checked at a commit checked at once."""
    connection.execute("SELECT set_config('candor.agency_id', %s, true)", [str(names["agency"])])
    connection.execute("SET LOCAL ROLE candor_app")
    for statement in mutation.script:
        assert connection.execute(statement, names).rowcount != 0, statement
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute("RESET ROLE")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.rule)
def test_without_a_rule_its_attack_succeeds_and_is_noticed(
    mutation: Mutation, names: dict[str, Any]
) -> None:
    with superuser() as connection:
        assert sound(connection, names) == []
        with pytest.raises(psycopg.Error):
            attack(connection, mutation, names)
        connection.rollback()
        connection.execute(mutation.removal)
        attack(connection, mutation, names)
        found = sound(connection, names)
        assert any(re.search(mutation.noticed, what) for what in found), found
        connection.rollback()
        assert sound(connection, names) == []


def sound(connection: psycopg.Connection, names: dict[str, Any]) -> list[str]:
    """The invariants, but for the failed search whose failure was forced."""
    return broken(connection, names["agency"])
