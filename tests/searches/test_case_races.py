"""Several at the same moment: the last search of a case, its closing, its members."""

import threading
import uuid
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import Actor, command_actor
from accounts.models import Agency, Role
from accounts.purposes import Purpose
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import Basis, Case, CaseMember, Gallery, Probe, Search
from searches.services.case_limits import change_cap
from searches.services.case_people import add_member
from searches.services.cases import close_case
from searches.services.searching import submit_search
from tests.accounts.races import ADDRESSES, at_once, committed_agency
from tests.conftest import join
from tests.factories import (
    make_case,
    make_gallery,
    make_grounds,
    make_license,
    make_probe,
    person_jpeg,
)

EACH_TEST_ALONE = True

pytestmark = pytest.mark.usefixtures("models", "bells")


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    """An agency whose rows are committed."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        yield agency


@pytest.fixture
def world(town: Agency) -> tuple[Actor, Probe, Gallery]:
    with scope(town.pk):
        made = make_probe(make_case(town), person_jpeg(1))
        probe = Probe.objects.select_related("case").get(pk=made.pk)
        return command_actor("test", town.pk), probe, make_gallery(town)


def limit(actor: Actor, case: Case, cap: int) -> None:
    with scope(case.agency_id):
        change_cap(actor=actor, case=case, cap=cap, reason="A test needs it")


def submit(world: tuple[Actor, Probe, Gallery], key: uuid.UUID | None = None) -> Search:
    actor, probe, gallery = world
    with scope(actor.agency):
        return submit_search(
            actor=actor,
            probe=probe,
            face_index=0,
            galleries=[gallery],
            grounds=make_grounds(),
            submission_key=key or uuid.uuid4(),
        )


def codes(results: list[object]) -> list[str]:
    """Codes of faults, "ok" for the rest; anything unexpected is raised."""
    found = []
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, Fault):
            raise result
        found.append(result.code if isinstance(result, Fault) else "ok")
    return sorted(found)


def test_parallel_submissions_do_not_exceed_the_cap(world: tuple[Actor, Probe, Gallery]) -> None:
    actor, probe, _ = world
    limit(actor, probe.case, 3)
    results = at_once(*[lambda: submit(world)] * 8)
    assert codes(results) == ["case_cap_reached"] * 5 + ["ok"] * 3
    with scope(actor.agency):
        assert Search.objects.count() == 3


def test_a_double_click_on_the_last_search_is_one_search(
    world: tuple[Actor, Probe, Gallery],
) -> None:
    actor, probe, _ = world
    limit(actor, probe.case, 1)
    key = uuid.uuid4()
    results = at_once(*[lambda: submit(world, key)] * 6)
    assert codes(results) == ["ok"] * 6
    with scope(actor.agency):
        assert Search.objects.count() == 1


def test_after_the_closing_nothing_is_submitted(world: tuple[Actor, Probe, Gallery]) -> None:
    actor, probe, _ = world

    def end() -> None:
        with scope(actor.agency):
            close_case(actor=actor, case=probe.case, reason="It is all done")

    results = at_once(end, *[lambda: submit(world)] * 6)
    assert set(codes(results)) <= {"ok", "case_closed"}
    with scope(actor.agency):
        closed_at = Case.objects.get(pk=probe.case_id).closed_at
        assert Search.objects.count() == codes(results).count("ok") - 1
    assert closed_at is not None


def insert_after(world: tuple[Actor, Probe, Gallery], ready: threading.Barrier) -> None:
    """A raw INSERT by somebody whose snapshot is older than everybody else's search."""
    actor, probe, _ = world
    with scope(actor.agency), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM searches_search")
            assert cursor.fetchone() == (0,)
            ready.wait(20)  # the snapshot is taken
            ready.wait(20)  # the other search is committed
        search = Search(
            case_id=probe.case_id,
            probe=probe,
            face_index=0,
            purpose=Purpose.MISSING_PERSON,
            basis=Basis.INITIAL_IDENTIFICATION,
            requested_by_label="attacker",
        )
        search.reason, search.facts = "It was asked for", "There are some"
        search.save(force_insert=True)


def test_an_older_snapshot_does_not_pass_by_the_cap(world: tuple[Actor, Probe, Gallery]) -> None:
    actor, probe, _ = world
    limit(actor, probe.case, 1)
    ready = threading.Barrier(2)

    def honest() -> Search:
        ready.wait(20)
        search = submit(world)
        ready.wait(20)
        return search

    first, second = at_once(honest, lambda: insert_after(world, ready))
    assert isinstance(first, Search)
    assert isinstance(second, DatabaseError)
    assert "could not serialize access" in str(second)
    with scope(actor.agency):
        assert Search.objects.count() == 1


def test_a_person_is_added_once(town: Agency, world: tuple[Actor, Probe, Gallery]) -> None:
    actor, probe, _ = world
    user = join(town, f"ana@{ADDRESSES}", "Ana", Role.ANALYST)

    def add() -> CaseMember:
        with scope(town.pk):
            return add_member(actor=actor, case=probe.case, user_id=user.pk)

    results = at_once(*[add] * 5)
    assert codes(results) == ["case_member_already"] * 4 + ["ok"]
