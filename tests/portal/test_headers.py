"""What each kind of answer tells browsers: pages, files, the API, redirects, refusals, faults."""

import os
import subprocess
import sys
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Role, User
from portal import own_answers
from portal.middleware import WITHOUT_DEFAULT
from portal.tenancy import scope
from tests.api.caller import caller
from tests.conftest import PASSWORD
from tests.factories import make_case, make_probe, person_jpeg
from tests.second_factor import give_app, next_code

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
POLICY = "Content-Security-Policy"
# What an answer without anything in it says otherwise, or need not say.
OF_PAGES = {POLICY, "Cache-Control", "Content-Type", "Content-Language", "Content-Length", "Vary"}
OF_PAGES |= {"X-Request-Id"}
YEAR = "max-age=31536000; includeSubDomains; preload"


class Ground:
    """Somebody logged in over https, and things to look at."""

    def __init__(self, alder: Agency, ana: User) -> None:
        self.alder, self.user = alder, ana
        self.ana = Client(raise_request_exception=False)
        self.ana.force_login(ana)
        self.anybody = Client(raise_request_exception=False)

    def page(self, name: str, *args: object, who: Client | None = None, **options: Any) -> Any:
        return (who or self.ana).get(reverse(name, args=args), secure=True, **options)

    def picture(self) -> Any:
        with scope(self.alder.pk):
            case = make_case(self.alder, "2026-001", owner=self.user)
            probe = make_probe(case, person_jpeg(1), analysed=False)
        return self.page("probe_original", probe.pk)

    def api(self, name: str, **headers: str) -> Any:
        return self.anybody.get(reverse(name), headers=headers, secure=True)

    def token(self) -> dict[str, str]:
        text = caller(self.alder, Role.ANALYST, name="anton").text
        return {"Authorization": f"Bearer {text}"}

    def forged(self) -> Any:
        client = Client(enforce_csrf_checks=True)
        return client.post(reverse("account_login"), {"login": "x"}, secure=True)

    def large(self) -> Any:
        return self.ana.post(
            reverse("case_new"), b"x" * (2 * 2**20 + 1), "application/json", secure=True
        )


# By its name: the status, and how to get the answer.
KINDS: dict[str, tuple[int, Callable[[Ground], Any]]] = {
    "page": (200, lambda on: on.page("home")),
    "page for anybody": (200, lambda on: on.page("account_login", who=on.anybody)),
    "picture": (200, lambda on: on.picture()),
    "static file": (200, lambda on: on.anybody.get("/static/portal/candor.svg", secure=True)),
    "health": (200, lambda on: on.page("live", who=on.anybody)),
    "api": (200, lambda on: on.api("api_me", **on.token())),
    "api description": (200, lambda on: on.api("api_docs")),
    "api over plain http": (403, lambda on: on.anybody.get("/api/v1/me/", headers=on.token())),
    "redirect to https": (301, lambda on: on.anybody.get("/cases/")),
    "redirect to the log-in": (302, lambda on: on.page("cases", who=on.anybody)),
    "foreign host": (400, lambda on: on.page("home", headers={"Host": "evil.example"})),
    "no token": (401, lambda on: on.api("api_me")),
    "no right": (403, lambda on: on.page("people")),
    "forged form": (403, lambda on: on.forged()),
    "nowhere": (404, lambda on: on.ana.get("/nowhere/", secure=True)),
    "nowhere in the api": (404, lambda on: on.anybody.get("/api/v1/nowhere/", secure=True)),
    "the platform's page": (404, lambda on: on.page("admin:index")),
    "wrong method": (405, lambda on: on.ana.post(reverse("usage"), secure=True)),
    "too large": (413, lambda on: on.large()),
    "failure": (500, lambda on: on.page("find")),
}


@pytest.fixture
def ground(alder: Agency, ana: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Ground:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True

    def broken(*args: object, **kwargs: object) -> HttpResponse:
        raise ValueError("broken")

    monkeypatch.setattr("searches.views.finding.render", broken)
    return Ground(alder, ana)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_carries_every_header(ground: Ground, kind: str) -> None:
    status, ask = KINDS[kind]
    answer = ask(ground)
    assert answer.status_code == status
    policy = {part.split()[0]: part for part in answer[POLICY].split("; ")}
    assert policy["default-src"] == "default-src 'none'"
    for name in ("frame-ancestors", "base-uri"):
        assert policy[name] == f"{name} 'none'"
    assert policy["form-action"] in ("form-action 'self'", "form-action 'none'")
    assert "unsafe" not in answer[POLICY]
    assert "http" not in answer[POLICY]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert {"camera=()", "microphone=()"} <= set(answer["Permissions-Policy"].split(", "))
    assert ("no-store" in answer["Cache-Control"]) == (kind != "static file")
    is_plain = kind in ("redirect to https", "api over plain http")
    # Over plain http browsers ignore it, and Django does not send it.
    assert answer.get("Strict-Transport-Security") == (None if is_plain else YEAR)
    assert "Access-Control-Allow-Origin" not in answer
    if answer.streaming:  # the test's client closes the file at its end
        assert b"".join(answer.streaming_content)
    if status != 302 and answer["Content-Type"].startswith("text/"):
        assert answer["Content-Type"].endswith("charset=utf-8")


def test_what_gunicorn_answers_itself_carries_the_same(ground: Ground) -> None:
    """A request that nobody could read never comes as far as the portal."""
    head, _, body = own_answers.answer(HTTPStatus.BAD_REQUEST).decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    found = dict(line.split(": ", 1) for line in lines)
    assert (first, body) == ("HTTP/1.1 400 Bad Request", "400 Bad Request\n")
    page = KINDS["nowhere"][1](ground)
    for name in set(page.headers) - OF_PAGES:
        assert found[name] == page[name], name
    assert found[POLICY] == f"default-src 'none'; {WITHOUT_DEFAULT}"
    assert found["Cache-Control"] == "no-store"
    assert int(found["Content-Length"]) == len(body)


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "BREW"])
def test_methods_that_nobody_knows_are_refused(ground: Ground, method: str) -> None:
    for path in (reverse("home"), reverse("live"), "/nowhere/"):
        answer = ground.ana.generic(method, path, secure=True)
        assert (answer.status_code, answer.content) == (405, b"")
        assert POLICY in answer
    headers = ground.token()
    answer = ground.anybody.generic(method, reverse("api_me"), secure=True, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_with_https_all_cookies_are_of_this_host_alone(ana: User, settings: Any) -> None:
    """A whole way in and out, and the language: nothing breaks by the names."""
    words = "SESSION_COOKIE_NAME CSRF_COOKIE_NAME LANGUAGE_COOKIE_NAME KNOWN_BROWSER_COOKIE_NAME"
    for name in (*words.split(), "MESSAGE_COOKIE_NAME"):
        setattr(settings, name, f"__Host-{getattr(settings, name)}")
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.LANGUAGE_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    give_app(ana)
    client = Client()
    seen: dict[str, Any] = {}

    def send(name: str, values: dict[str, str]) -> None:
        page = client.get(reverse(name), secure=True).cookies
        answer = client.post(reverse(name), values, secure=True).cookies
        for cookies in (page, answer):  # an empty one takes a cookie away
            seen.update({key: one for key, one in cookies.items() if one.value})

    send("account_login", {"login": ana.email, "password": "wrong"})
    send("account_login", {"login": ana.email, "password": PASSWORD})
    send("mfa_authenticate", {"code": next_code(ana.email)})
    send("notice", {"answer": "decline"})
    send("set_language", {"language": "fr"})
    assert {name.removeprefix("__Host-") for name in seen} == {
        *("sessionid", "csrftoken", "django_language", "candor_known", "messages")
    }
    for name, cookie in seen.items():
        assert name.startswith("__Host-")
        assert (cookie["secure"], cookie["httponly"]) == (True, True), name
        assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax"), name


def test_https_gives_the_names(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from portal import settings as s; print(*sorted("
            "getattr(s, n) for n in dir(s) if n.endswith('COOKIE_NAME')))",
        ],
        env={"PATH": os.environ["PATH"], "CANDOR_VAR": str(tmp_path), "CANDOR_HTTPS": "True"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = done.stdout.split()
    assert len(names) == 5
    assert all(name.startswith("__Host-") for name in names)
