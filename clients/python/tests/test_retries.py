"""What is sent again, after how long, and that nothing is done twice."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from candor_client import ApiProblem, Retries, Unreachable
from fake_portal import CASE, FEW, Answer, FakePortal, busy, problem


def made(request: httpx.Request) -> httpx.Response:
    return httpx.Response(201, json=CASE)


LOST: list[Answer] = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("silence"),
    httpx.RemoteProtocolError("cut off"),
]


@pytest.mark.parametrize("lost", [*LOST, busy(502), busy(503), busy(504), busy(429)])
def test_a_post_is_repeated_under_one_key(portal: FakePortal, lost: Answer) -> None:
    portal.answers = [lost, lost, made]
    case = portal.client().cases.open("2026-1", "Robbery", purpose="missing_person")
    assert case.id == "c-1"
    keys = portal.keys()
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert keys[0]
    assert portal.bodies[0] == portal.bodies[2]


def test_the_asynchronous_client_does_the_same(portal: FakePortal) -> None:
    portal.answers = [httpx.ConnectError("refused"), busy(), made]
    case = portal.in_loop(lambda client: client.cases.open("2026-1", "Robbery"))
    assert case.number == "2026-1"
    assert len(set(portal.keys())) == 1
    assert len(portal.pauses) == 2


def test_each_call_has_a_key_of_its_own(portal: FakePortal) -> None:
    portal.answers = [made]
    client = portal.client()
    client.cases.open("2026-1", "Robbery")
    client.cases.open("2026-1", "Robbery")
    client.post("cases/", {"number": "2026-1"}, idempotency_key="night-run-7")
    first, second, own = portal.keys()
    assert first != second
    assert own == "night-run-7"


def test_a_get_has_no_key(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, json=CASE)]
    portal.client().cases.get("c-1")
    assert portal.keys() == [None]


def test_pauses_grow_and_differ(portal: FakePortal) -> None:
    portal.answers = [busy()]
    with pytest.raises(ApiProblem) as refused:
        portal.client(retries=Retries(most=8)).get("license/")
    assert (refused.value.status, refused.value.code) == (503, "http_503")
    assert len(portal.pauses) == 8
    most = [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert all(0 <= pause <= limit for pause, limit in zip(portal.pauses, most, strict=True))
    assert len(set(portal.pauses)) == 8


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed(portal: FakePortal, form: str) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    portal.answers = [busy(429, Retry_After="40" if form == "seconds" else moment), made]
    portal.client().cases.open("2026-1", "Robbery")
    assert 38 <= portal.pauses[0] <= 40.5


def test_a_retry_after_beyond_patience_is_raised(portal: FakePortal) -> None:
    portal.answers = [busy(503, Retry_After="3600"), made]
    with pytest.raises(ApiProblem):
        portal.client().get("license/")
    assert portal.pauses == []


def test_a_retry_after_that_is_none_is_passed_over(portal: FakePortal) -> None:
    portal.answers = [busy(429, Retry_After="soon"), made]
    portal.client().cases.open("2026-1", "Robbery")
    assert portal.pauses[0] <= 0.5


def test_no_answer_at_all_is_told_in_the_end(portal: FakePortal) -> None:
    portal.answers = [httpx.ConnectError("refused")]
    with pytest.raises(Unreachable) as error:
        portal.client(retries=FEW).get("me/")
    assert isinstance(error.value.__cause__, httpx.ConnectError)
    assert len(portal.requests) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 500])
def test_what_another_attempt_does_not_change_is_not_repeated(
    portal: FakePortal, status: int
) -> None:
    portal.answers = [problem(status, "some_code")]
    with pytest.raises(ApiProblem) as refused:
        portal.client().cases.open("2026-1", "Robbery")
    assert refused.value.status == status
    assert len(portal.requests) == 1


def test_a_patch_is_not_repeated(portal: FakePortal) -> None:
    portal.answers = [httpx.ReadTimeout("silence")]
    with pytest.raises(Unreachable):
        portal.client().patch("galleries/g/", {"name": "New"})
    assert len(portal.requests) == 1


def test_retries_can_be_turned_off(portal: FakePortal) -> None:
    portal.answers = [busy()]
    with pytest.raises(ApiProblem):
        portal.client(retries=Retries(most=0)).me()
    assert len(portal.requests) == 1
