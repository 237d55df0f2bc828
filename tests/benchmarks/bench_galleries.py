"""The pages and the version of a gallery of a million pictures, without their templates."""

import os
import time
from collections.abc import Callable
from functools import partial

from django.core.management import call_command
from django.db import connection, transaction
from django.http import QueryDict

from accounts.models import Agency
from galleries.holdings import holdings_of
from galleries.subject_filter import SubjectFilter
from galleries.subject_list import page_of_subjects
from portal.tenancy import scope
from searches import queries
from searches.gallery_versions import settled_version_of, still_holds, version_of
from searches.models import Gallery, Subject
from searches.services.galleries import main_register
from tests.benchmarks import galleries
from tests.benchmarks.timing import median, milliseconds, p95

Rows = list[tuple[str, float, str]]
IMAGES = int(os.environ.get("BENCH_IMAGES", "1000000"))
EACH = 5
ROUNDS, WARM_UP = 12, 2

_SUBJECTS = """
INSERT INTO searches_subject (id, agency_id, gallery_id, reference, created_at)
SELECT gen_random_uuid(), %s, %s, 'P-' || lpad(n::text, 7, '0'), now() + n * interval '1 ms'
FROM generate_series(1, %s) AS n
"""
_IMAGES = """
INSERT INTO searches_faceimage (
    id, agency_id, gallery_id, subject_id, sha256, file_key, portrait_key, media_type, face,
    quarter_turns, source, legal_basis, collected_on, enrolled_by_label, enrolled_at, expires_on,
    register_id)
SELECT gen_random_uuid(), agency_id, gallery_id, id,
    encode(sha256((reference || '/' || n)::bytea), 'hex'), '-', '-', 'image/jpeg', '{}', 0,
    'Generated', 'No person', current_date - (hashtext(id::text) & 4095), 'benchmark', now(),
    current_date + (hashtext(reference || n) & 2047), %s
FROM searches_subject, generate_series(1, %s) AS n WHERE agency_id = %s AND gallery_id = %s
"""


def run() -> Rows:
    call_command("migrate", verbosity=0)
    agency, actor = galleries.new_agency("galleries")
    with scope(agency.pk):
        gallery = galleries.empty_gallery(actor, "Large")
        filled = _seconds(partial(_fill, agency, gallery))
        first = _seconds(partial(version_of, gallery.pk))
    galleries.settle()
    with scope(agency.pk):
        rows = [
            ("filling, pictures a second", IMAGES / filled, "rows by SQL, with all their triggers"),
            ("first version, s", first, f"of {IMAGES:,} pictures, nothing kept of it yet"),
        ]
        return [*rows, *_versions(gallery), *_pages(gallery)]


def _fill(agency: Agency, gallery: Gallery) -> None:
    place = (agency.pk, gallery.pk)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SUBJECTS, [*place, IMAGES // EACH])
        cursor.execute(_IMAGES, [main_register(gallery).pk, EACH, *place])


def _versions(gallery: Gallery) -> Rows:
    sealed = settled_version_of(gallery.pk)
    acts: dict[str, Callable[[], object]] = {
        "version, p95 ms": partial(settled_version_of, gallery.pk),
        "sealed version holds, p95 ms": partial(still_holds, sealed),
    }
    return [_timed(name, act) for name, act in acts.items()]


def _pages(gallery: Gallery) -> Rows:
    middle = Subject.objects.filter(gallery=gallery, reference=f"P-{IMAGES // EACH // 2:07d}")
    far = middle.get().pk
    acts: dict[str, Callable[[], object]] = {
        "list of galleries, p95 ms": lambda: list(queries.galleries()[:25]),
        "what is in it, p95 ms": partial(holdings_of, gallery),
        "subjects, first page, p95 ms": partial(_page, gallery, ""),
        "subjects, far back, p95 ms": partial(_page, gallery, f"after={far}"),
        "subjects, newest, p95 ms": partial(_page, gallery, "sort=newest"),
        "subjects, by text, p95 ms": partial(_page, gallery, "q=00777"),
        "subjects, five or more, p95 ms": partial(_page, gallery, "images=many"),
        "subjects, expires first, p95 ms": partial(_page, gallery, "sort=expiry"),
    }
    return [_timed(name, act) for name, act in acts.items()]


def _page(gallery: Gallery, query: str) -> None:
    form = SubjectFilter(gallery, QueryDict(query))
    if not form.is_valid():
        raise RuntimeError(query)
    values = form.cleaned_data
    page_of_subjects(gallery, values, after=values["after"], before=values["before"])


def _timed(name: str, act: Callable[[], object]) -> tuple[str, float, str]:
    times = [milliseconds(act) for _ in range(ROUNDS)][WARM_UP:]
    return name, p95(times), f"p50 {median(times):.0f} ms, {IMAGES:,} pictures"


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
