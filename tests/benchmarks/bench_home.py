"""The first page and the search box in an agency with 100,000 searches and 200,000 subjects."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from psycopg.conninfo import make_conninfo

from accounts.actor import command_actor
from accounts.models import Agency, Role, User
from accounts.services.agencies import add_member, create_agency
from portal import embedded
from portal.tenancy import scope
from searches.models import Case, CaseMember, FaceImage, Search, Subject
from tests.benchmarks.bench_people import copy_rows
from tests.benchmarks.installation import prepare
from tests.benchmarks.sealing import seal_copies
from tests.benchmarks.timing import median, p95, take_turns
from tests.conftest import complete_log_in
from tests.factories import (
    make_case,
    make_gallery,
    make_image,
    make_license,
    make_probe,
    make_search,
    person_jpeg,
)

CASES, SEARCHES, SUBJECTS = 20_000, 100_000, 200_000
ROUNDS = 60
PEOPLE = {"everything": list(Role), "analyst": [Role.ANALYST], "supervisor": [Role.SUPERVISOR]}

FOUND = {"case": "B-19", "subject": "P-1000", "none": "X"}
# A mark until the row gets its own.
UNLIKE = "decode(md5(n::text), 'hex')"
TITLES = (
    b"UPDATE searches_case t SET title_sealed = n.sealed"
    b" FROM unnest(%s::uuid[], %s::bytea[]) AS n (id, sealed) WHERE t.id = n.id"
)

Rows = list[tuple[str, float, str]]


def run() -> Rows:
    """Milliseconds, queries and kilobytes of each page; the limits are 300 ms, 25 and 200 KB."""
    prepare()
    call_command("collectstatic", interactive=False, verbosity=0)
    actor = command_actor("bench", None)
    agency = create_agency(actor=actor, name="Bench", slug="bench")
    make_license(agency)
    clients = {name: _client(agency, name, roles) for name, roles in PEOPLE.items()}
    with scope(agency.pk):
        _fill()
        code = str(Search.objects.latest("pk").pk)[:8]
    pages: dict[str, Callable[[], bytes]] = {
        **{f"home_{name}": _page(client, reverse("home")) for name, client in clients.items()},
        **{
            f"find_{what}": _page(clients["everything"], f"{reverse('find')}?q={text}")
            for what, text in {
                "case": "B-19",
                "code": code,
                "subject": "P-1000",
                "none": "X",
            }.items()
        },
    }
    rows: Rows = []
    for name, times in take_turns(pages, ROUNDS, warm_up=3).items():
        with CaptureQueriesContext(connection) as queries:
            page = pages[name]()
        rows.append((f"{name}_p50_ms", median(times), f"{SEARCHES:,} searches"))
        rows.append((f"{name}_p95_ms", p95(times), f"{SUBJECTS:,} subjects, {CASES:,} cases"))
        rows.append((f"{name}_queries", len(queries), "those of the log-in among them"))
        rows.append((f"{name}_kb", len(page) / 1024, "without pictures and styles"))
    return rows


def _client(agency: Agency, name: str, roles: list[Role]) -> Client:
    actor = command_actor("bench", agency.pk)
    email = f"{name}@bench.example"
    user = add_member(
        actor=actor, agency=agency, email=email, name=name, roles=roles, password="x" * 20
    ).user
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    complete_log_in(client, user)
    return client


def _page(client: Client, address: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: status {answer.status_code}")
        return answer.content

    return ask


def _fill() -> None:
    """Copies of rows that the services made, by SQL past triggers and row-level security.

    One search in twenty waits for an examiner, one in ten is the analyst's; the analyst is a member
    of 500 cases.
    """
    agency = Agency.objects.get(slug="bench")
    analyst = User.objects.get(email="analyst@bench.example").pk
    case = make_case(agency, "B-0", members=[User.objects.get(pk=analyst)])
    gallery = make_gallery(agency)
    image: FaceImage = make_image(gallery, "P-0")
    probe = make_probe(case, person_jpeg(1))
    search = make_search(probe, [gallery])
    member = CaseMember.objects.filter(case=case, user_id=analyst).get()
    fresh = {"submission_key": "gen_random_uuid()", "created_at": "now() - n * interval '1 min'"}
    of_case = {"case_id": _id(f"mod(n, {CASES})")}
    waits = "mod(n, 20) = 0"
    tables = [
        ("searches_case", case, CASES, {"id": _id("n - 1"), "number_mark": UNLIKE}),
        ("searches_casemember", member, 500, {"id": "gen_random_uuid()", "case_id": _id("n")}),
        ("searches_probe", probe, SEARCHES, {"id": _id("n"), **of_case, **fresh}),
        (
            "searches_search",
            search,
            SEARCHES,
            {
                "id": "gen_random_uuid()",
                "probe_id": _id("n"),
                "stage": f"CASE WHEN {waits} THEN 'examination' ELSE 'concluded' END",
                "due_at": "now() + (n - 50000) * interval '1 min'",
                "requested_by_id": f"CASE WHEN mod(n, 10) = 0 THEN {analyst} ELSE -n END",
                **of_case,
                **fresh,
            },
        ),
        ("searches_subject", image.subject, SUBJECTS, {"id": _id("n"), "reference_mark": UNLIKE}),
        (
            "searches_faceimage",
            image,
            SUBJECTS,
            {
                "id": _id("n"),
                "subject_id": _id("n"),
                "sha256": "md5(n::text) || md5(n::text)",
                "expires_on": "current_date + mod(n, 1000)",
            },
        ),
    ]
    name = str(settings.DATABASES["default"]["NAME"])
    url = make_conninfo(embedded.ensure_running(Path(settings.VAR_DIR)).superuser_url, dbname=name)
    with psycopg.connect(url) as server:
        server.execute("SET session_replication_role = replica")
        for table, row, count, changes in tables:
            copy_rows(server, table, row.pk, count, changes)
        cases = [(_key(n - 1), f"B-{n}") for n in range(1, CASES + 1)]
        seal_copies(server, Case, agency.pk, "number", cases)
        people = [(_key(n), f"P-{n}") for n in range(1, SUBJECTS + 1)]
        seal_copies(server, Subject, agency.pk, "reference", people)
        titles = [case for case, _ in cases]
        sealed = [_title(agency, pk) for pk in titles]
        server.execute(TITLES, [titles, sealed])
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("VACUUM (ANALYZE)")
        server.execute("CHECKPOINT")


def _title(agency: Agency, pk: UUID) -> bytes:
    case = Case(pk=pk, agency_id=agency.pk)
    case.title = "Robbery at the harbour"
    return bytes(case.title_sealed)


def _key(number: int) -> UUID:
    """The same as _id."""
    return UUID(f"00000000-0000-4000-8000-{number:012x}")


def _id(number: str) -> str:
    """The id of the row with this number, in SQL."""
    return f"('00000000-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"
