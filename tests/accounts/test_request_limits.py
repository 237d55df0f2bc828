"""Too much in one request, and too many requests of one person: refused before anything is done."""

from typing import Any

import pytest
from django.http import UnreadablePostError
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Role, User
from portal.tenancy import scope
from searches.models import Case
from tests.api.caller import Caller, caller, code

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.ratelimit.time.time", lambda: 6_000_010.0)


@pytest.fixture
def ana_api(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST)


def told(answer: Any) -> tuple[int, str]:
    """Status and code of a page that refuses."""
    head = f"{answer.status_code} · "
    return answer.status_code, answer.content.decode().partition(head)[2].split()[0]


def test_a_person_may_not_ask_too_often(
    client: Client, ana: User, eli: User, settings: Any
) -> None:
    settings.PAGES_PER_MINUTE = 3
    client.force_login(ana)
    pages = [client.get(reverse(name)) for name in ("account", "home", "account")]
    assert [page.status_code for page in pages] == [200] * 3
    refused = client.get(reverse("home"))
    assert (told(refused), refused["Retry-After"]) == ((429, "too_many_pages"), "50")
    # Not by another browser of hers either; others are not kept out, nor who is nobody yet.
    other = Client()
    other.force_login(ana)
    assert other.get(reverse("home")).status_code == 429
    client.force_login(eli)
    assert client.get(reverse("home")).status_code == 200
    assert [Client().get(reverse("account_login")).status_code for _ in range(5)] == [200] * 5


def test_an_act_beyond_the_limit_is_not_done(
    client: Client, alder: Agency, ana: User, settings: Any
) -> None:
    settings.PAGES_PER_MINUTE = 0
    client.force_login(ana)
    values = {"number": "2026-9", "title": "T", "purpose": "missing_person"}
    assert told(client.post(reverse("case_new"), values)) == (429, "too_many_pages")
    with scope(alder.pk):
        assert not Case.objects.exists()


def test_a_body_that_is_too_large_is_not_read(
    client: Client, ana: User, ana_api: Caller, settings: Any
) -> None:
    client.force_login(ana)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.BODY_MAX_BYTES = 1000, 2000
    address, large = reverse("case_new"), b"x" * 1001
    form = "application/x-www-form-urlencoded"
    for kind in (form, JSON, "text/plain"):
        assert told(client.post(address, large, kind)) == (413, "body_too_large")
    # What brings files may be longer, and has an end as well.
    assert client.post(address, large, "application/octet-stream").status_code == 200
    larger = client.post(address, large * 2, "application/octet-stream")
    assert told(larger) == (413, "body_too_large")
    refused = ana_api.post("api_cases", data={"title": "x" * 1001})
    assert code(refused) == (413, "body_too_large")


def test_a_body_of_unknown_length_is_not_taken_for_an_empty_one(
    client: Client, ana_api: Caller
) -> None:
    unknown: Any = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    page = client.post(reverse("account_login"), {"login": "x"}, **unknown)
    assert told(page) == (411, "length_missing")
    refused = ana_api.post("api_cases", data={"title": "x"}, **unknown)
    assert code(refused) == (411, "length_missing")


def test_a_body_that_does_not_arrive_is_no_failure_of_ours(
    client: Client, ana: User, ana_api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*args: object, **kwargs: object) -> bytes:
        raise UnreadablePostError("the client is too slow")

    monkeypatch.setattr("django.http.request.HttpRequest._load_post_and_files", cut_off)
    client.force_login(ana)
    assert told(client.post(reverse("case_new"), {})) == (408, "body_not_received")
    monkeypatch.setattr("django.http.request.HttpRequest.read", cut_off)
    assert code(ana_api.post("api_cases", data={})) == (408, "body_not_received")
