"""What holds for every address of the API, shown on that of the cases."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Agency, Role
from portal.tenancy import scope
from searches.models import Case
from tests.api.caller import Caller, caller, code
from tests.factories import make_case

pytestmark = pytest.mark.django_db
NEW = {"number": "C-77", "title": "Robbery", "purpose": "missing_person"}


@pytest.fixture
def ana_api(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST)


def cases_of(caller: Caller, count: int) -> None:
    for n in range(count):
        assert caller.post("api_cases", data={**NEW, "number": f"C-{n}"}).status_code == 201


def test_what_is_opened_is_found_at_its_address(ana_api: Caller) -> None:
    made = ana_api.post("api_cases", data=NEW)
    assert made.status_code == 201
    found = ana_api.get("api_case", made.json()["id"])
    assert made["Location"] == found.request["PATH_INFO"]
    assert found.json() == made.json()
    assert found.json()["owner"] == "pat@alder.example"


def test_a_wrong_field_is_named_and_nothing_is_made(ana_api: Caller, alder: Agency) -> None:
    wrong = ana_api.post("api_cases", data={"number": "x" * 61, "purpose": "curiosity"})
    assert code(wrong) == (422, "input_invalid")
    named = {error["field"]: error["code"] for error in wrong.json()["errors"]}
    assert named == {"number": "max_length", "title": "required", "purpose": "invalid_choice"}
    twice = [ana_api.post("api_cases", data=NEW) for _ in range(2)][1]
    assert code(twice) == (422, "input_invalid")
    with scope(alder.pk):
        assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("{", "application/json", (400, "body_malformed")),
        ("a=1", "application/x-www-form-urlencoded", (415, "media_type_unsupported")),
        ("[]", "application/json", (422, "input_invalid")),
    ],
)
def test_what_is_no_json_object_is_refused(
    ana_api: Caller, body: str, kind: str, expected: tuple[int, str]
) -> None:
    assert code(ana_api.post("api_cases", data=body, content_type=kind)) == expected


def test_every_error_is_a_problem(ana_api: Caller, birch: Agency) -> None:
    with scope(birch.pk):
        theirs = make_case(birch)
    assert code(ana_api.get("api_case", theirs.pk)) == (404, "not_found")
    assert code(ana_api.call("delete", "api_cases")) == (405, "method_not_allowed")
    accept = {"Accept": "application/vnd.candor.v9+json"}
    assert code(ana_api.get("api_cases", headers=accept)) == (406, "not_acceptable")
    assert code(Client().get("/api/v1/cases/")) == (401, "token_missing")
    assert code(Client().get("/api/v1/nowhere/")) == (404, "not_found")
    admin = caller(ana_api.agency, Role.ADMIN, name="ada")
    assert code(admin.get("api_cases")) == (403, "permission_denied")


def test_the_version_can_be_asked_for(ana_api: Caller) -> None:
    accept = {"Accept": "application/vnd.candor.v1+json"}
    assert ana_api.get("api_cases", headers=accept)["Content-Type"] == accept["Accept"]


def test_pages_follow_one_another_and_miss_nothing(ana_api: Caller) -> None:
    cases_of(ana_api, 7)
    first = ana_api.get("api_cases", query={"page_size": "3"}).json()
    seen, page = [one["number"] for one in first["results"]], first
    while page["next"]:
        headers = {"Authorization": f"Bearer {ana_api.text}"}
        page = Client().get(page["next"], headers=headers).json()
        seen += [one["number"] for one in page["results"]]
    assert seen == [f"C-{n}" for n in range(6, -1, -1)]
    assert page["previous"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"page_size": "0"}, "query_invalid"),
        ({"page_size": "201"}, "query_invalid"),
        ({"ordering": "title"}, "query_invalid"),
        ({"status": "lost"}, "query_invalid"),
        ({"status": ""}, "query_invalid"),
        ({"fields": "id,secret"}, "fields_unknown"),
        ({"q": "\0"}, "query_invalid"),
        ({"stauts": "open"}, "query_invalid"),
    ],
)
def test_parameters_that_cannot_be_understood(
    ana_api: Caller, query: dict[str, str], expected: str
) -> None:
    assert code(ana_api.get("api_cases", query=query)) == (400, expected)


def test_lists_are_filtered_ordered_and_thinned(ana_api: Caller) -> None:
    cases_of(ana_api, 3)
    query = {"q": "c-", "ordering": "created_at", "fields": "number,status"}
    rows = ana_api.get("api_cases", query=query).json()["results"]
    assert rows == [{"number": f"C-{n}", "status": "open"} for n in range(3)]
    assert ana_api.get("api_cases", query={"number": "C-1"}).json()["results"][0]["number"] == "C-1"


def test_what_has_not_changed_is_not_sent_again(ana_api: Caller) -> None:
    cases_of(ana_api, 1)
    first = ana_api.get("api_cases")
    again = ana_api.get("api_cases", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    cases_of(caller(ana_api.agency, Role.ANALYST, name="other"), 0)
    ana_api.post("api_cases", data=NEW)
    changed = ana_api.get("api_cases", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200


def test_requests_have_names(ana_api: Caller) -> None:
    given = ana_api.get("api_cases", headers={"X-Request-Id": "night-run-0007"})
    assert given["X-Request-Id"] == "night-run-0007"
    assert len(ana_api.get("api_cases", headers={"X-Request-Id": "a b"})["X-Request-Id"]) == 32


def test_a_token_may_not_ask_too_often(ana_api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "API_PER_MINUTE", 3)
    monkeypatch.setattr("portal.ratelimit.time.time", lambda: 6_000_010.0)
    left = [ana_api.get("api_cases")["RateLimit"] for _ in range(3)]
    assert left == [f'"token";r={n};t=50' for n in (2, 1, 0)]
    refused = ana_api.get("api_cases")
    assert code(refused) == (429, "too_many_requests")
    assert (refused["Retry-After"], refused["RateLimit-Policy"]) == ("50", '"token";q=3;w=60')
    assert caller(ana_api.agency, Role.ANALYST, name="other").get("api_cases").status_code == 200


@pytest.mark.parametrize("cursor", ["%%%", "cD1ub3RpbWU="])
def test_a_cursor_that_leads_nowhere(ana_api: Caller, cursor: str) -> None:
    found = ana_api.get("api_cases", query={"cursor": cursor})
    assert code(found) == (404, "cursor_invalid")
