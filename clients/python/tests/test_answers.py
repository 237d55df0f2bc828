"""Problems, answers and lists."""

from datetime import UTC, datetime

import httpx
import pytest

from candor_client import AnswerUnexpected, ApiProblem, FieldError
from fake_portal import ADDRESS, CASE, FakePortal, problem


def test_a_problem_has_code_fields_and_request(portal: FakePortal) -> None:
    errors = [{"field": "title", "code": "required", "detail": "This field is required."}]
    portal.answers = [problem(422, "input_invalid", errors=errors, extra=1)]
    with pytest.raises(ApiProblem) as refused:
        portal.client().cases.open("2026-1", "")
    found = refused.value
    assert (found.status, found.code) == (422, "input_invalid")
    assert (found.detail, found.request_id) == ("It is input_invalid.", "req-12345")
    assert found.errors == (FieldError("title", "required", "This field is required."),)
    assert found.members["extra"] == 1
    assert str(found) == "422 input_invalid: It is input_invalid. (request req-12345)"


@pytest.mark.parametrize("body", [b"<h1>Bad</h1>", b"[]", b"", b"\xff"])
def test_a_proxys_error_page_is_a_problem_too(portal: FakePortal, body: bytes) -> None:
    portal.answers = [httpx.Response(413, content=body)]
    with pytest.raises(ApiProblem) as refused:
        portal.client().me()
    assert (refused.value.code, refused.value.errors) == ("http_413", ())


def test_new_fields_are_ignored_and_kept(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, json=CASE | {"colour": "green"})]
    case = portal.client().cases.get("c-1")
    assert case.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert case.closed_at is None
    assert case.raw["colour"] == "green"
    with pytest.raises(AttributeError):
        case.title = "Other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"id": "c-1"}',
        b'{"id": "1", "number": "", "title": "", "purpose": "", "status": "", "created_at": "x"}',
    ],
)
def test_what_is_no_answer_is_told(portal: FakePortal, body: bytes) -> None:
    portal.answers = [httpx.Response(200, content=body)]
    with pytest.raises(AnswerUnexpected):
        portal.client().cases.get("c-1")


def test_a_redirect_is_not_followed(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(302, headers={"Location": "https://elsewhere.example/"})]
    with pytest.raises(AnswerUnexpected, match=r"elsewhere\.example"):
        portal.client().me()
    assert len(portal.requests) == 1


def paged(request: httpx.Request) -> httpx.Response:
    """Three pages of two cases; `next` is what a proxy made of it, at another host."""
    number = int(request.url.params.get("cursor", "0"))
    rows = [CASE | {"id": f"c-{number * 2 + n}"} for n in range(2)]
    query = request.url.copy_merge_params({"cursor": str(number + 1)}).query.decode()
    following = f"http://inside:8000/api/v1/cases/?{query}" if number < 2 else None
    return httpx.Response(200, json={"next": following, "previous": None, "results": rows})


def test_a_list_is_fetched_page_by_page_as_it_is_wanted(portal: FakePortal) -> None:
    portal.answers = [paged]
    rows = portal.client().cases.list(status="open", on_hold=False, q=None)
    assert portal.requests == []
    assert [next(rows).id for _ in range(2)] == ["c-0", "c-1"]
    assert len(portal.requests) == 1
    assert [row.id for row in rows] == ["c-2", "c-3", "c-4", "c-5"]
    assert [str(request.url) for request in portal.requests] == [
        f"{ADDRESS}/api/v1/cases/?status=open&on_hold=false{cursor}"
        for cursor in ("", "&cursor=1", "&cursor=2")
    ]


def test_a_list_in_an_event_loop(portal: FakePortal) -> None:
    portal.answers = [paged]

    async def ids(client: "object") -> list[str]:
        return [row["id"] async for row in client.list("cases/")]  # type: ignore[attr-defined]

    assert portal.in_loop(ids) == [f"c-{n}" for n in range(6)]


def test_a_list_without_pages(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, json=[CASE])]
    assert [row["id"] for row in portal.client().list("people/")] == ["c-1"]


def test_what_is_no_list_is_told(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, json={"id": "c-1"})]
    with pytest.raises(AnswerUnexpected):
        list(portal.client().list("me/"))


def test_an_answer_without_a_body(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(204)]
    assert portal.client().delete("webhooks/w-1/") is None


def test_a_file_is_downloaded(portal: FakePortal) -> None:
    portal.answers = [lambda request: httpx.Response(200, content=b"%PDF-1.7")]
    client = portal.client()
    assert client.searches.report("s-1") == client.download("searches/s-1/report/") == b"%PDF-1.7"
    assert portal.requests[0].headers["Accept"] == "*/*"
