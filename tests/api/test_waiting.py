"""Waiting for a change: late answers and streams of events, without a clock in the test."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import command_actor
from accounts.models import ApiToken, Role
from accounts.rest import places
from accounts.rest.waiting import LONGEST, Pace, wished_wait
from accounts.services.tokens import revoke_token
from galleries.services.imports.acts import cancel_import
from portal.tenancy import scope
from searches.api.searches import state_of
from searches.models import Search
from searches.services.case_people import end_member
from searches.services.searching import run_search
from tests.accounts.races import ADDRESSES, at_once
from tests.api.caller import Caller, code
from tests.conftest import join
from tests.factories import make_search
from tests.galleries.imports_cast import opened
from tests.searches.committed import Place, committed_place

EACH_TEST_ALONE = True


class Clock:
    """Time that passes by sleeping alone; `meanwhile` happens in the sleeps, one after another."""

    def __init__(self, *meanwhile: Callable[[], object]) -> None:
        self.at, self.sleeps, self._meanwhile = 0.0, 0, list(meanwhile)

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.sleeps += 1
        if self._meanwhile:
            self._meanwhile.pop(0)()

    def set(self, patch: pytest.MonkeyPatch) -> "Clock":
        pace = Pace(poll=0.5, heartbeat=10, sleep=self.sleep, now=lambda: self.at)
        patch.setattr("accounts.rest.waiting.PACE", pace)
        return self


@pytest.fixture
def place(
    django_db_setup: None, models: object, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with django_db_blocker.unblock(), committed_place() as place:
        yield place
        close_old_connections()


@pytest.fixture
def search(place: Place) -> Search:
    with scope(place.agency.pk):
        actor = place.office.actor("analyst")
        return make_search(place.probe, [place.gallery], run=False, actor=actor)


@pytest.fixture
def analyst(place: Place) -> Caller:
    return Caller(place.agency, place.office.people["analyst"])


def runs(place: Place, search: Search) -> Callable[[], None]:
    def run() -> None:
        with scope(place.agency.pk):
            run_search(search.pk)

    return run


def events_in(response: Any) -> list[dict[str, str]]:
    """The events of a stream; comments and `retry` are none."""
    blocks = b"".join(response.streaming_content).decode().split("\n\n")
    found = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [one for one in found if "event" in one]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("wait=20", 20),
        ("respond-async, wait=5", 5),
        ('WAIT = "7"', 7),
        ("wait=9999", LONGEST),
        ("wait=0", 0),
        ("await=5", None),
        ("wait=soon", None),
        ("", None),
    ],
)
def test_the_wish_to_wait(header: str, expected: int | None) -> None:
    class Request:
        headers = {"Prefer": header}

    assert wished_wait(Request) == expected


def test_an_answer_comes_when_there_is_another(
    place: Place, search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event()
    monkeypatch.setattr("accounts.rest.waiting.PACE", _patient(waits))

    def work() -> None:
        assert waits.wait(30)
        runs(place, search)()

    def wait() -> list[Any]:
        """One answer after another, each as soon as there is another than the last."""
        answers = [analyst.get("api_search", search.pk)]
        while answers[-1].json()["stage"] == "queued":
            headers = {"If-None-Match": answers[-1]["ETag"], "Prefer": "wait=20"}
            answers.append(analyst.get("api_search", search.pk, headers=headers))
        return answers

    answers, failed = at_once(wait, work)
    assert failed is None
    assert isinstance(answers, list)
    assert {one.status_code for one in answers} == {200}
    assert len({one["ETag"] for one in answers}) == len(answers) > 1
    assert answers[-1]["Preference-Applied"] == "wait=20"
    assert answers[-1].json()["stage"] == "examination"


def _patient(waits: threading.Event) -> Pace:
    """A clock that stands still; each look is told and leaves others the processor."""
    pause = threading.Event()

    def sleep(seconds: float) -> None:
        waits.set()
        pause.wait(0.01)

    return Pace(sleep=sleep, now=lambda: 0.0)


def test_nothing_new_is_said_when_the_time_is_over(
    search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock().set(monkeypatch)
    first = analyst.get("api_search", search.pk)
    headers = {"If-None-Match": first["ETag"], "Prefer": "wait=20"}
    answer = analyst.get("api_search", search.pk, headers=headers)
    assert (answer.status_code, answer["Preference-Applied"]) == (304, "wait=20")
    assert (answer["ETag"], clock.at) == (first["ETag"], 20)
    assert "RateLimit" in answer


def test_whoever_has_something_else_does_not_wait(
    search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock().set(monkeypatch)
    for headers in ({"Prefer": "wait=20"}, {"Prefer": "wait=20", "If-None-Match": '"old"'}):
        answer = analyst.get("api_search", search.pk, headers=headers)
        assert (answer.status_code, answer["Preference-Applied"]) == (200, "wait=20")
    assert clock.sleeps == 0


def test_a_token_that_ends_meanwhile_is_told_nothing(
    place: Place, search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = analyst.get("api_search", search.pk)

    def end() -> None:
        _revoke(place, analyst)
        runs(place, search)()

    Clock(end).set(monkeypatch)
    headers = {"If-None-Match": first["ETag"], "Prefer": "wait=20"}
    answer = analyst.get("api_search", search.pk, headers=headers)
    assert code(answer) == (401, "token_revoked")


def _revoke(place: Place, caller: Caller) -> None:
    with scope(place.agency.pk):
        actor = command_actor("test", place.agency.pk)
        revoke_token(actor=actor, token=ApiToken.objects.get(pk=caller.token.pk))


def test_a_stream_tells_each_change_and_goes_on_where_it_ended(
    place: Place, search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(runs(place, search)).set(monkeypatch)
    response = analyst.get("api_search_events", search.pk, headers={"Accept": "text/event-stream"})
    assert response["Content-Type"] == "text/event-stream"
    told = events_in(response)
    assert [json.loads(one["data"])["stage"] for one in told] == ["queued", "examination"]
    again = {"Last-Event-ID": told[0]["id"]}
    missed = events_in(analyst.get("api_search_events", search.pk, headers=again))
    assert missed == told[1:]
    nothing = {"Last-Event-ID": told[1]["id"]}
    assert events_in(analyst.get("api_search_events", search.pk, headers=nothing)) == []


def test_a_stream_beats_and_ends(
    search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock().set(monkeypatch)
    response = analyst.get("api_search_events", search.pk)
    text = b"".join(response.streaming_content).decode()
    assert text.count(": waiting\n\n") == 6
    assert (text.count("event: state"), clock.at) == (1, 60)


def test_a_stream_ends_with_its_search(
    place: Place, search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock().set(monkeypatch)
    with scope(place.agency.pk):
        Search.objects.filter(pk=search.pk).update(
            stage="failed", state="failed", failure_code="gave_up", due_at=None
        )
    told = events_in(analyst.get("api_search_events", search.pk))
    assert [json.loads(one["data"])["failure_code"] for one in told] == ["gave_up"]
    assert clock.sleeps == 0
    headers = {"Last-Event-ID": told[0]["id"]}
    assert analyst.get("api_search_events", search.pk, headers=headers).status_code == 204


def test_a_stream_ends_with_the_token_or_the_membership(
    place: Place, search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave() -> None:
        with scope(place.agency.pk):
            member = place.case.members.get(user_id=place.office.people["analyst"].pk)
            end_member(actor=place.office.actor("supervisor"), member=member)
            run_search(search.pk)

    Clock(leave).set(monkeypatch)
    told = events_in(analyst.get("api_search_events", search.pk))
    assert [json.loads(one["data"])["stage"] for one in told] == ["queued"]
    assert code(analyst.get("api_search_events", search.pk)) == (403, "permission_denied")
    boss = Caller(place.agency, place.office.people["supervisor"])
    clock = Clock(lambda: _revoke(place, boss)).set(monkeypatch)
    response = boss.get("api_search_events", search.pk)
    assert len(events_in(response)) == 1
    assert clock.at == 10  # asked at the next beat


def test_a_look_is_one_query(search: Search, place: Place) -> None:
    with scope(place.agency.pk), CaptureQueriesContext(connection) as queries:
        state = state_of(search.pk)
    assert len(queries) == 1
    assert set(state) & {"reason", "case", "probe"} == set()


def test_only_so_many_wait_at_a_process(
    search: Search, analyst: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "API_WAITING", 1)
    clock = Clock().set(monkeypatch)
    first = analyst.get("api_search", search.pk)
    stream = analyst.get("api_search_events", search.pk)
    refused = analyst.get("api_search_events", search.pk)
    assert code(refused) == (429, "too_many_waiting")
    assert refused["Retry-After"] == "1"
    headers = {"If-None-Match": first["ETag"], "Prefer": "wait=20"}
    at_once_told = analyst.get("api_search", search.pk, headers=headers)
    assert (at_once_told.status_code, clock.sleeps) == (304, 0)
    assert "Preference-Applied" not in at_once_told
    stream.close()  # before anything was sent
    assert len(events_in(analyst.get("api_search_events", search.pk))) == 1
    late = analyst.get("api_search", search.pk, headers=headers)
    assert (late.status_code, late["Preference-Applied"]) == (304, "wait=20")
    assert places._taken == 0


def test_an_import_is_waited_for_like_a_search(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = Caller(place.agency, join(place.agency, f"clerk@{ADDRESSES}", "Clerk", Role.ADMIN))
    with scope(place.agency.pk):
        batch = opened(place.gallery, 10)
        actor = command_actor("test", place.agency.pk)

    def cancel() -> None:
        with scope(place.agency.pk):
            cancel_import(actor=actor, batch=batch)

    Clock(cancel).set(monkeypatch)
    told = events_in(clerk.get("api_import_events", batch.pk))
    assert [json.loads(one["data"])["stage"] for one in told] == ["uploading", "cancelled"]
    again = {"Last-Event-ID": told[1]["id"]}
    assert clerk.get("api_import_events", batch.pk, headers=again).status_code == 204
    analyst = Caller(place.agency, place.office.people["analyst"])
    assert code(analyst.get("api_import_events", batch.pk)) == (403, "permission_denied")
