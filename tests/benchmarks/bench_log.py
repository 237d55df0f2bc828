"""A record of 1,000,000 entries: its pages, and how long an outsider verifies its export."""

import io
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Agency, Role, User
from accounts.services.agencies import add_member
from portal.audit import candor_verify
from portal.audit.canonical import FIRST, document_of
from portal.audit.exporting import export_stream
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from tests.benchmarks import galleries
from tests.benchmarks.bench_people import EMAIL, PASSWORD, logged_in
from tests.benchmarks.timing import median, milliseconds, p95

ENTRIES = 1_000_000
PEOPLE = 200
CASES = 5_000
ROUNDS, WARM_UP = 40, 3
SECONDS = 60

# Entries as a busy agency writes them in three years: 200 people, 5,000 cases, few rare acts.
FILL = """
INSERT INTO audit_auditentry (agency_id, at, action, outcome, actor_id, actor_label, source,
    subject_type, subject_id, case_id, data, content_digest)
SELECT %(agency)s, now() - make_interval(secs => (%(count)s - n) * 95),
    CASE n %% 50 WHEN 0 THEN 'search.submitted' WHEN 1 THEN 'search.finished'
        WHEN 2 THEN 'case.opened' WHEN 3 THEN 'report.downloaded' ELSE 'candidates.viewed' END,
    'done', %(auditor)s + n %% %(people)s, 'person' || n %% %(people)s || '@bench.example',
    '10.0.' || n %% 40 || '.' || n %% 250, 'search', md5((n / 7)::text)::uuid::text,
    md5('case' || n %% %(cases)s)::uuid::text,
    jsonb_build_object('case', md5('case' || n %% %(cases)s)::uuid::text,
        'sha256', md5(n::text) || md5('x' || n)), ''
FROM generate_series(1, %(count)s) n
"""

# The words that the trigger would have noted entry by entry.
WORDS = """
INSERT INTO oversight_recordword (agency_id, word, entry_id)
SELECT e.agency_id, word, e.id FROM audit_auditentry e,
    oversight_words_of(e.source, e.subject_id, e.case_id, e.data) AS word
WHERE e.agency_id = %(agency)s
ON CONFLICT DO NOTHING
"""

Rows = list[tuple[str, float, str]]


def run() -> Rows:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    agency, actor = galleries.new_agency("log")
    values = {"email": EMAIL, "name": "Auditor", "password": PASSWORD}
    add_member(actor=actor, agency=agency, roles=[Role.AUDITOR], **values)
    auditor = User.objects.get(email=EMAIL)
    with galleries.superuser() as server:
        _fill(server, agency.pk, auditor.pk)
    return [*_pages(agency, auditor.pk), *_verification(agency)]


# --- pages ---------------------------------------------------------------------------------------


def _pages(agency: Agency, person: int) -> Rows:
    browser = logged_in([agency])
    record = reverse("record")
    with scope(agency.pk):
        rare = AuditEntry.objects.filter(action="case.opened").values("case_id", "data")[0]
        newest = AuditEntry.objects.latest("id").pk
    pages = {
        "newest": "",
        "far back": f"?before={newest - ENTRIES // 2}",
        "one person": f"?person={person}",
        "one case": f"?case={rare['case_id']}",
        "one action": "?action=case.opened",
        "words": f"?q={rare['data']['sha256']}",
        "words nobody wrote": "?q=nowhere",
        "a common address": "?q=10.0.7.7",
        "person, action and time": f"?person={person}&action=report.downloaded&first=2026-01-01",
    }
    rows: Rows = []
    for name, query in pages.items():
        call = partial(_get, browser, record + query)
        calls = [milliseconds(call) for _ in range(ROUNDS)]
        times = calls[WARM_UP:]
        text = f"p50 {median(times):.0f} ms, {ENTRIES:,} entries, {PEOPLE} people; limit 100 ms"
        rows.append((f"log, {name}, p95 ms", p95(times), text))
    return rows


def _get(browser: Any, address: str) -> None:
    status = browser.get(address).status_code
    if status != 200:
        raise RuntimeError(f"{address}: status {status}")


# --- verification --------------------------------------------------------------------------------


def _verification(agency: Agency) -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.zip"
        start = time.perf_counter()
        with path.open("wb") as file, scope(agency.pk):
            for piece in export_stream(agency.pk, made_by="bench"):
                file.write(piece)
        exported = time.perf_counter() - start
        size = path.stat().st_size / 2**20
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, candor_verify.__file__, str(path)], capture_output=True, text=True
        )
        verified = time.perf_counter() - start
        if done.returncode:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        hashed = _bare(path)
    return [
        (
            "verification, s",
            verified,
            f"{ENTRIES:,} entries, {size:.0f} MB; limit {SECONDS} s;"
            f" {verified / hashed:.1f} times unpacking and hashing the lines alone",
        ),
        ("export, s", exported, f"{ENTRIES / exported:,.0f} entries a second"),
    ]


def _bare(path: Path) -> float:
    """Seconds to unpack the record and hash each line once: what nobody can do without."""
    from hashlib import sha256

    start = time.perf_counter()
    with zipfile.ZipFile(path) as archive, archive.open("record.jsonl") as lines:
        for line in io.BufferedReader(lines):  # type: ignore[type-var]
            sha256(line).digest()
    return time.perf_counter() - start


# --- filling -------------------------------------------------------------------------------------


def _fill(server: "psycopg.Connection[tuple[Any, ...]]", agency_id: int, auditor: int) -> None:
    """Entries by SQL, past the trigger that notes them as pending; links as the linker's."""
    server.execute("SET session_replication_role = replica")
    values = {
        "auditor": auditor,
        "agency": agency_id,
        "count": ENTRIES,
        "people": PEOPLE,
        "cases": CASES,
    }
    server.execute(FILL, values)
    server.execute(WORDS, values)
    server.execute("DELETE FROM audit_auditpending WHERE agency_id = %s", [agency_id])
    server.commit()
    columns = "(agency_id, number, entry_id, digest, head)"
    with server.cursor().copy(f"COPY audit_auditlink {columns} FROM STDIN".encode()) as copy:
        for link in _links(agency_id):
            copy.write_row(link)
    server.commit()
    server.autocommit = True
    server.execute("VACUUM (ANALYZE)")
    server.execute("CHECKPOINT")


def _links(agency_id: int) -> Iterator[tuple[int, int, int, str, str]]:
    """As portal.audit.linking makes them, with the verifier's quicker canonical JSON."""
    head, number, after = FIRST, 0, 0
    digest: Callable[[str, dict[str, Any]], str] = candor_verify.digest
    with scope(agency_id):
        while True:
            entries = AuditEntry.objects.filter(agency_id=agency_id, pk__gt=after).order_by("pk")
            found = list(entries[:20_000])
            if not found:
                return
            for entry in found:
                number += 1
                own = digest("entry", document_of(entry))
                link = {"agency": agency_id, "number": number, "entry": own, "previous": head}
                head = digest("link", link)
                yield agency_id, number, entry.pk, own, head
            after = found[-1].pk
