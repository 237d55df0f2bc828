"""Fifty programs that read from a served portal, each a request a second, the worker idle."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil  # type: ignore[import-untyped]
import requests
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Role
from accounts.purposes import Purpose
from accounts.services.agencies import add_member
from portal.demo.processes import wait_for_portal
from portal.tenancy import scope
from searches.services.cases import open_case
from tests.benchmarks import galleries
from tests.benchmarks.bench_people import PASSWORD
from tests.benchmarks.installation import prepare
from tests.benchmarks.timing import median, p95
from tests.factories import make_token
from tests.searches.processes import free_port

CLIENTS, SECONDS, CASES = 50, 120, 500
FIRST = 10.0  # seconds that are left out: processes and caches warm up
OK = 200
MISSING = Purpose.MISSING_PERSON


@dataclass
class Seen:
    """What all programs saw: when, after how many milliseconds, with which status."""

    rows: list[tuple[float, float, int]] = field(default_factory=list)

    def times(self, after: float) -> list[float]:
        return [spent for at, spent, _ in self.rows if at >= after]


def run() -> list[tuple[str, float, str]]:
    prepare()
    call_command("collectstatic", interactive=False, verbosity=0)
    tokens, pages = _agency()
    seen = Seen()
    with _served() as (server, url):
        calls = [f"{url}{page}" for page in pages]
        threads = [
            threading.Thread(target=_read, args=(text, calls, number, seen))
            for number, text in enumerate(tokens)
        ]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS / 4)
        early = _memory(server)
        for thread in threads:
            thread.join()
        late = _memory(server)
    spent = seen.times(FIRST)
    words = f"{len(spent)} requests of {CLIENTS} programs in {SECONDS - FIRST:.0f} s"
    failed = sum(status != OK for *_, status in seen.rows)
    return [
        ("reads, p50 ms", median(spent), words),
        ("reads, p95 ms", p95(spent), words),
        ("reads that failed", float(failed), "any status but 200"),
        ("memory, end against start", late / early, f"{early:.0f} to {late:.0f} MB"),
    ]


def _agency() -> tuple[list[str], list[str]]:
    """A token for each program, all of which see 500 cases, and what they read by turns."""
    agency, actor = galleries.new_agency("api")
    email = "program@bench.example"
    roles = [Role.ANALYST, Role.SUPERVISOR]  # who sees all cases
    person = add_member(
        actor=actor, agency=agency, email=email, name="P", roles=roles, password=PASSWORD
    )
    with scope(agency.pk):
        for number in range(CASES):
            title = f"Case {number}"
            open_case(actor=actor, number=f"C-{number}", title=title, purpose=MISSING)
    tokens = [make_token(agency, person.user)[1] for _ in range(CLIENTS)]
    cases, own = reverse("api_cases"), reverse("api_me")
    return tokens, [cases, f"{cases}?q=Case+4&page_size=20", own, reverse("api_galleries")]


@contextmanager
def _served() -> Iterator[tuple[psutil.Process, str]]:
    port = free_port()
    command = [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command) as process:
        try:
            wait_for_portal(port)
            yield psutil.Process(process.pid), f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _read(text: str, calls: list[str], number: int, seen: Seen) -> None:
    """One program: a request each second, whatever the last one took."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {text}"
    begin = time.perf_counter()
    for turn in range(SECONDS):
        due = begin + turn + number / CLIENTS
        time.sleep(max(0.0, due - time.perf_counter()))
        start = time.perf_counter()
        status = session.get(calls[(turn + number) % len(calls)], timeout=30).status_code
        seen.rows.append((start - begin, (time.perf_counter() - start) * 1000, status))


def _memory(server: psutil.Process) -> float:
    """Resident megabytes of the server's processes."""
    every = [server, *server.children(recursive=True)]
    return float(sum(process.memory_info().rss for process in every) / 2**20)
