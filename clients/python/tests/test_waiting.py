"""Waiting for a search or an import, by long answers or by asking again."""

from typing import Any

import httpx
import pytest

from candor_client import EndedOtherwise, Search, WaitedTooLong
from candor_client.reading import read
from fake_portal import FakePortal

TOLD: dict[str, Any] = {
    "id": "s-1",
    "case": "c-1",
    "probe": "p-1",
    "face": 0,
    "purpose": "missing_person",
    "basis": "initial_identification",
    "authorization": "none",
    "limit": 20,
    "state": "queued",
    "stage": "queued",
    "stage_since": "2026-01-02T03:04:05Z",
    "created_at": "2026-01-02T03:04:05Z",
}
SEARCH = read(Search, TOLD)


class Waiter:
    """Answers with one stage after another; holds an answer back when asked to and able to."""

    def __init__(self, portal: FakePortal, *stages: str, waits: bool) -> None:
        self.portal, self.stages, self.waits = portal, list(stages), waits

    def __call__(self, request: httpx.Request) -> httpx.Response:
        wished = request.headers.get("Prefer", "").removeprefix("wait=")
        stage = self.stages.pop(0) if len(self.stages) > 1 else self.stages[0]
        headers = {"ETag": f'"{stage}"'}
        if self.waits and wished:
            headers["Preference-Applied"] = f"wait={wished}"
            self.portal.now += float(wished)
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return httpx.Response(304, headers=headers)
        return httpx.Response(200, json=TOLD | {"stage": stage}, headers=headers)


def test_long_answers_need_no_pauses(portal: FakePortal) -> None:
    portal.answers = [Waiter(portal, "queued", "queued", "queued", "examination", waits=True)]
    found = portal.client().wait_for(SEARCH)
    assert found.stage == "examination"
    assert portal.pauses == []
    assert [request.headers.get("Prefer") for request in portal.requests] == [
        None,
        "wait=20",
        "wait=20",
        "wait=20",
    ]
    assert portal.requests[1].headers["If-None-Match"] == '"queued"'
    assert portal.requests[1].extensions["timeout"]["read"] == 50


def test_a_portal_that_does_not_wait_is_asked_again(portal: FakePortal) -> None:
    stages = ["queued"] * 6 + ["examination"]
    portal.answers = [Waiter(portal, *stages, waits=False)]
    assert portal.client().wait_for(SEARCH, until={"examination"}).stage == "examination"
    assert portal.pauses == [1.0, 1.5, 2.25, 3.375, 5.0625]


def test_in_an_event_loop(portal: FakePortal) -> None:
    portal.answers = [Waiter(portal, "queued", "queued", "concluded", waits=False)]
    found = portal.in_loop(lambda client: client.wait_for(SEARCH, until={"concluded"}))
    assert found.stage == "concluded"


def test_a_function_may_say_what_is_waited_for(portal: FakePortal) -> None:
    portal.answers = [Waiter(portal, "examination", "second_examination", waits=True)]
    found = portal.client().wait_for(SEARCH, until=lambda search: "second" in search.stage)
    assert found.stage == "second_examination"


@pytest.mark.parametrize("waits", [True, False])
def test_time_runs_out(portal: FakePortal, waits: bool) -> None:
    portal.answers = [Waiter(portal, "queued", waits=waits)]
    began = portal.now
    with pytest.raises(WaitedTooLong) as over:
        portal.client().wait_for(SEARCH, timeout=45)
    assert over.value.last.stage == "queued"
    assert isinstance(over.value, TimeoutError)
    assert 45 <= portal.now - began <= 46


def test_what_cannot_come_any_more_is_not_waited_for(portal: FakePortal) -> None:
    portal.answers = [Waiter(portal, "queued", "failed", waits=True)]
    with pytest.raises(EndedOtherwise) as ended:
        portal.client().wait_for(SEARCH, until={"concluded"})
    assert ended.value.last.stage == "failed"
