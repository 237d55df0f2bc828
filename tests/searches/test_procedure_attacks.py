"""Every rule of the procedure in the database, attacked by raw SQL under the app role."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from pytest_django.plugin import DjangoDbBlocker

from searches.models import Stage
from tests.accounts.races import committed_agency
from tests.searches import attacks as first
from tests.searches import attacks_examining as then
from tests.searches.attacks import Attack
from tests.searches.committed import app_role, committed_place, fingerprint, superuser
from tests.searches.staged import Stages

EACH_TEST_ALONE = True

ATTACKS = [
    *first.STAGES,
    *first.GROUNDS,
    *first.NEW_SEARCHES,
    *first.AUTHORIZATIONS,
    *first.SEALS,
    *then.CANDIDATES,
    *then.EXAMINATIONS,
    *then.FACES,
    *then.CONCLUSIONS,
    *then.PICTURES,
    *then.SESSIONS,
]
IN_SCOPE = [a for a in ATTACKS if a not in then.SESSIONS]


@pytest.fixture(scope="module")
def names(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    models: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Any]]:
    """The ids of an office with a search at every stage, and of a second agency."""
    from django.conf import settings

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "FILES_DIR", tmp_path_factory.mktemp("files"))
        with committed_place() as place, committed_agency() as birch:
            yield Stages(place).names | {"birch": birch.pk}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.says)
def test_the_database_holds_that(attack: Attack, names: dict[str, Any]) -> None:
    before = fingerprint(names["agency"], names["birch"])
    with pytest.raises(psycopg.Error) as refused, app_role(names["agency"]) as hostile:
        for statement in attack.sql:
            hostile.execute(statement, names)
    assert re.search(attack.refusal, str(refused.value)), refused.value
    assert fingerprint(names["agency"], names["birch"]) == before


def test_another_agency_changes_nothing_by_the_same_statements(names: dict[str, Any]) -> None:
    """Refused, or nothing was found: both are fine as long as nothing changed."""
    before = fingerprint(names["agency"])
    for attack in IN_SCOPE:
        with suppress(psycopg.Error), app_role(names["birch"]) as hostile:
            for statement in attack.sql:
                hostile.execute(statement, names)
    assert fingerprint(names["agency"]) == before


def test_no_row_of_another_agency_is_concluded_from_ones_own(names: dict[str, Any]) -> None:
    before = fingerprint(names["agency"], names["birch"])
    for sql in (
        "INSERT INTO searches_conclusion (agency_id, id, search_id, outcome, statement_version,"
        " concluded_at) VALUES (%(birch)s, gen_random_uuid(), %(ready)s, 'lead', 1, now())",
        "INSERT INTO searches_conclusion (agency_id, id, search_id, outcome, statement_version,"
        " concluded_at) VALUES (%(agency)s, gen_random_uuid(), %(ready)s, 'lead', 1, now())",
        "INSERT INTO searches_examination (agency_id, id, search_id, round, examiner_id,"
        " examiner_label, state, started_at) VALUES (%(birch)s, gen_random_uuid(), %(fresh)s, 1,"
        " %(first)s, 'x', 'open', now())",
    ):
        with pytest.raises(psycopg.Error), app_role(names["birch"]) as hostile:
            hostile.execute(sql, names)
    assert fingerprint(names["agency"], names["birch"]) == before


def test_the_attacks_meet_searches_at_every_stage(names: dict[str, Any]) -> None:
    """Nothing above was refused because there was nothing to attack."""
    with superuser() as connection:
        rows = connection.execute(
            "SELECT DISTINCT stage FROM searches_search WHERE agency_id = %(agency)s", names
        ).fetchall()
    assert {stage for (stage,) in rows} >= set(Stage.values) - {Stage.EXPIRED, Stage.ERASED}
    assert all(value is not None for name, value in names.items() if not name.endswith("ctor"))
    assert names["blind_distractor"] is not None


def test_what_the_rules_allow_is_allowed(names: dict[str, Any]) -> None:
    """The statements work: a clone that breaks no rule is accepted, and rolled back here."""
    with app_role(names["agency"]) as honest:
        for statement in (
            first.examination("fresh", 1, "first"),
            first.authorization("urgent", "supervisor"),
            first.conclusion("ready"),
            first.search("stage = 'concluded'", "ready"),
            first.RECORD,
            "SET CONSTRAINTS ALL IMMEDIATE",
        ):
            honest.execute(statement, names)
        honest.rollback()
