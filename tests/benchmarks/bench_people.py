"""The people page, the log-in and the switch of agency among 10,000 agencies, 100,000 members."""

import re
import time
from collections.abc import Callable
from functools import cache as once
from pathlib import Path

import psycopg
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from psycopg.conninfo import make_conninfo

from accounts.actor import command_actor
from accounts.models import Agency, Role, User
from accounts.services.agencies import add_member, create_agency
from portal import embedded
from portal.post import wait_until_sent
from tests.benchmarks.timing import cpu_seconds, median, p95
from tests.second_factor import PERIOD, code_at, give_app

AGENCIES = 10_000
MEMBERS_EACH = 10
ROUNDS = 100
WARM_UP = 3
LIMIT_MS = 100
PASSWORD = "correct horse battery staple"
EMAIL = "admin@bench.example"

# Copies of a row that the services made, so that a new column needs no change here.
COPY = """
INSERT INTO {table} ({columns})
SELECT {values} FROM {table} t, generate_series(1, %(count)s) n WHERE t.id = %(id)s
"""

Rows = list[tuple[str, float, str]]
Step = tuple[Callable[[], object], Callable[[], int]]


def run() -> Rows:
    """Milliseconds (p50, p95; CPU time) and queries of each page; the limit is 100 ms.

    The log-in includes Argon2, which takes its time on purpose and is measured alone as well. So
    is a loop of Python that uses nothing of Candor: on a shared machine it has outliers of its own,
    which the other figures contain.
    """
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    agencies = [_agency(number) for number in (1, 2)]
    for agency in agencies:
        _member(agency)
    pages = _pages(agencies)
    few = {name: _queries(step) for name, step in pages.items()}
    _fill(agencies[0])
    walls, cpus = _times(pages)
    rows: Rows = []
    for name, step in pages.items():
        text = f"{AGENCIES:,} agencies, {User.objects.count():,} people; limit {LIMIT_MS} ms"
        rows += [(f"{name}_p50_ms", median(walls[name]), text)]
        rows += [(f"{name}_p95_ms", p95(walls[name]), text)]
        rows.append((f"{name}_cpu_ms", cpus[name], "mean, of the web process and the database"))
        many = _queries(step)
        rows.append((f"{name}_queries", many, f"{few[name]} with two agencies and one person"))
    return rows


def _agency(number: int) -> Agency:
    actor = command_actor("bench", None)
    return create_agency(actor=actor, name=f"Bench {number}", slug=f"bench-{number}")


def _member(agency: Agency) -> None:
    actor = command_actor("bench", agency.pk)
    values = {"email": EMAIL, "name": "Admin", "password": PASSWORD}
    add_member(actor=actor, agency=agency, roles=[Role.ADMIN], **values)


def _nothing() -> None:
    """Most pages need no preparation."""


def _password(browser: Client) -> int:
    return browser.post(
        reverse("account_login"), {"login": EMAIL, "password": PASSWORD}
    ).status_code


def _code(browser: Client) -> int:
    code = code_at(int(time.time()) // PERIOD)
    return browser.post(reverse("mfa_authenticate"), {"code": code}).status_code


@once
def _server() -> ClientHandler:
    """Built once, as a server does: every test client would look through the static files anew."""
    handler = ClientHandler(enforce_csrf_checks=False)
    handler.load_middleware()
    return handler


def _browser() -> Client:
    browser = Client(headers={"host": "localhost"})
    browser.handler = _server()
    return browser


def _loop() -> int:
    """Some 20 ms of work that nothing in Candor can make faster or slower."""
    return 200 if sum(number * number for number in range(200_000)) else 500


def logged_in(agencies: list[Agency]) -> Client:
    """All steps of a log-in, the notices of both agencies among them."""
    browser = _browser()
    give_app(User.objects.get(email=EMAIL))
    _password(browser)
    _code(browser)
    for agency in agencies:
        browser.post(reverse("switch_agency"), {"agency": agency.pk})
        page = browser.get(reverse("notice")).content.decode()
        values = dict(re.findall(r'name="(version|digest)"\s+value="([^"]*)"', page))
        browser.post(reverse("notice"), values | {"answer": "accept"})
    return browser


def _pages(agencies: list[Agency]) -> dict[str, Step]:
    """What is done before each call, and not measured; and the call."""
    browser, kept, halfway = logged_in(agencies), make_password(PASSWORD), list[Client]()

    def switch() -> int:
        # Back and forth, and in the end in the first agency, whose people are listed.
        for agency in reversed(agencies):
            status = browser.post(reverse("switch_agency"), {"agency": agency.pk}).status_code
        return status

    def page(query: str = "") -> int:
        return browser.get(reverse("people") + query).status_code

    def before_code() -> None:
        cache.clear()  # forgets rates and used codes
        halfway[:] = [_browser()]
        _password(halfway[0])

    return {
        "two_switches": (_nothing, switch),
        "people": (_nothing, page),
        "people_search": (_nothing, lambda: page("?q=admin")),
        "log_in_password": (cache.clear, lambda: _password(_browser())),
        "log_in_factor": (before_code, lambda: _code(halfway[0])),
        "password_hash_alone": (_nothing, lambda: 200 if check_password(PASSWORD, kept) else 403),
        "python_loop": (_nothing, _loop),
    }


def _queries(step: Step) -> int:
    prepare, call = step
    prepare()
    call()  # so that both counts begin in the same state: in the first agency
    prepare()
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def _times(pages: dict[str, Step]) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Milliseconds of each call, and the mean of CPU time. Raises RuntimeError for a failure.

    The pages take turns: seconds in which the machine is busy are not one page's alone.
    """
    walls: dict[str, list[float]] = {name: [] for name in pages}
    cpus = dict.fromkeys(pages, 0.0)
    for number in range(WARM_UP + ROUNDS):
        for name, step in pages.items():
            wall, cpu = _time(*step)
            if number >= WARM_UP:
                walls[name].append(wall)
                cpus[name] += cpu / ROUNDS
    return walls, cpus


def _time(prepare: Callable[[], object], call: Callable[[], int]) -> tuple[float, float]:
    prepare()
    wait_until_sent()  # the mails of an earlier step
    spent, start = _cpu(), time.perf_counter()
    status = call()
    wall = time.perf_counter() - start
    if status not in (200, 302):
        raise RuntimeError(f"status {status}")
    return wall * 1000, (_cpu() - spent) * 1000


def _cpu() -> float:
    connection.ensure_connection()
    return cpu_seconds(connection.connection.info.backend_pid)


def _fill(agency: Agency) -> None:
    """100,000 people in 10,000 agencies, by SQL past row-level security."""
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    name = str(settings.DATABASES["default"]["NAME"])
    user = User.objects.get(email=EMAIL)
    people = AGENCIES * MEMBERS_EACH
    with psycopg.connect(make_conninfo(urls.superuser_url, dbname=name)) as server:
        offset = agency.pk + 10
        changes = {"id": f"{offset} + n", "name": "'Agency ' || n", "slug": "'agency-' || n"}
        copy_rows(server, "accounts_agency", agency.pk, AGENCIES, changes)
        first = user.pk + 10
        changes = {"id": f"{first} + n", "email": "'member' || n || '@bench.example'"}
        changes |= {"name": "'Member ' || n", "password": f"'{make_password(None)}'"}
        copy_rows(server, "accounts_user", user.pk, people, changes)
        # The measured agency has its ten members too, and one page more.
        server.execute(
            "INSERT INTO accounts_membership (agency_id, user_id, roles, created_at)"
            " SELECT CASE WHEN n <= 50 THEN %(own)s ELSE %(offset)s + 1 + n %% %(agencies)s END,"
            " %(first)s + n, '{analyst}', now() FROM generate_series(1, %(people)s) n",
            {
                "own": agency.pk,
                "offset": offset,
                "agencies": AGENCIES,
                "first": first,
                "people": people,
            },
        )
    with psycopg.connect(make_conninfo(urls.superuser_url, dbname=name), autocommit=True) as server:
        # Otherwise the server would catch up with a load that no portal sees, while it is measured.
        server.execute("VACUUM (ANALYZE)")
        server.execute("CHECKPOINT")


def copy_rows(
    server: "psycopg.Connection[tuple[object, ...]]",
    table: str,
    pk: object,
    count: int,
    changes: dict[str, str],
) -> None:
    """Copies of the row, of which SQL gives the columns that differ; `n` is the copy's number."""
    found = server.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = %s",
        [table],
    )
    columns = [str(row[0]) for row in found]
    values = ", ".join(changes.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    # The pieces are this module's own and the catalogue's.
    text = COPY.format(table=table, columns=names, values=values)
    server.execute(text.encode(), {"count": count, "id": pk})
