"""A gallery of 1,000,000 templates: listed, filtered, searched exactly and erased from."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from django.core.management import call_command
from django.urls import reverse
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from accounts.models import Agency, Role, User
from accounts.services.agencies import add_member
from galleries.models import Erasure, ErasureCause, ErasureTarget
from galleries.services.erasing import request_erasure, run_erasure
from portal.tenancy import scope
from searches.gallery_versions import version_of
from searches.models import Gallery, Subject
from searches.services.galleries import contract_row
from searches.vectors import TABLE, nearest_subjects
from tests.benchmarks import galleries
from tests.benchmarks.bench_people import EMAIL, PASSWORD, logged_in
from tests.benchmarks.installation import prepare
from tests.benchmarks.timing import median, milliseconds, p95, take_turns

TEMPLATES, PART = 1_000_000, 100_000
DIMENSION = 512
ROUNDS, WARM_UP = 20, 3
LIMIT = 20
CONTRACT = "candor-ec1-sha256:" + "1" * 64

Rows = list[tuple[str, float, str]]


class Million:
    """An agency with one gallery of generated templates, and some of them to search for."""

    def __init__(self) -> None:
        self.agency, self.actor = galleries.new_agency("million")
        values = {"email": EMAIL, "name": "Clerk", "password": PASSWORD}
        add_member(actor=self.actor, agency=self.agency, roles=[Role.ADMIN], **values)
        assert User.objects.filter(email=EMAIL).exists()
        self.probes: list[NDArray[np.float32]] = []
        each = PART // galleries.PICTURES_EACH
        with scope(self.agency.pk):
            self.gallery: Gallery = galleries.empty_gallery(self.actor, "Generated")
            self.contract = contract_row(CONTRACT, "generated", DIMENSION)
            Gallery.objects.filter(pk=self.gallery.pk).update(contract=self.contract)
            for number in range(TEMPLATES // PART):
                part = galleries.face_like(each, DIMENSION, seed=number)
                first = 1 + number * each
                galleries.fill(self.gallery, self.contract.pk, part, first=first)
                self.probes.append(part[number])
        galleries.settle()


def run() -> Rows:
    prepare()
    call_command("collectstatic", interactive=False, verbosity=0)
    one = Million()
    return [*_pages(one.agency, one.gallery), *_search(one), *_versions(one), *_erasure(one)]


def _pages(agency: Agency, gallery: Gallery) -> Rows:
    browser = logged_in([agency])
    page = reverse("gallery", args=[gallery.pk])
    pages = {
        "list of galleries": reverse("galleries"),
        "its page": page,
        "filtered by reference": f"{page}?q=G-00123456",
        "filtered by expiry": f"{page}?expires_before=2027-01-01",
        "sorted by expiry": f"{page}?sort=expiry",
    }
    rows: Rows = []
    for name, address in pages.items():
        times = [milliseconds(partial(_get, browser, address)) for _ in range(ROUNDS)][WARM_UP:]
        text = f"p95 {p95(times):.0f} ms, {TEMPLATES:,} pictures of 200,000 subjects"
        rows.append((f"{name}, p50 ms", median(times), text))
    return rows


def _get(browser: Any, address: str) -> None:
    status = browser.get(address).status_code
    if status != 200:
        raise RuntimeError(f"{address}: status {status}")


def _search(one: Million) -> Rows:
    turn = iter(range(10**6))

    def probe() -> NDArray[np.float32]:
        return one.probes[next(turn) % len(one.probes)]

    where = [one.gallery.pk]
    with galleries.superuser() as server, scope(one.agency.pk):
        register_vector(server)
        sql = (
            f"SELECT gallery_id, subject_id, image_id, vector <#> %b AS distance FROM {TABLE}"
            f" WHERE agency_id = {one.agency.pk} AND contract_id = {one.contract.pk}"
            f" AND gallery_id = ANY(%b) ORDER BY distance LIMIT {LIMIT * 4}"
        ).encode()
        contestants: dict[str, Callable[[], object]] = {
            "portal": lambda: nearest_subjects(
                probe(), contract_pk=one.contract.pk, galleries=where, limit=LIMIT
            ),
            "sql": lambda: server.execute(sql, (HalfVector(probe()), where)).fetchall(),
        }
        times = take_turns(contestants, ROUNDS)
    portal, bare = times["portal"], times["sql"]
    text = f"bare SQL as superuser: {median(bare):.0f} / {p95(bare):.0f} ms"
    return [
        ("exact 1,000,000, p50 ms", median(portal), text),
        ("exact 1,000,000, p95 ms", p95(portal), text),
        ("exact 1,000,000, portal / bare SQL", median(portal) / median(bare), text),
    ]


def _versions(one: Million) -> Rows:
    with scope(one.agency.pk):
        first = milliseconds(lambda: version_of(one.gallery.pk))
        times = [milliseconds(lambda: version_of(one.gallery.pk)) for _ in range(ROUNDS)]
    text = f"root over 1,000,000 members; the first, with nothing cached: {first:.0f} ms"
    return [("gallery version, p50 ms", median(times), text)]


def _erasure(one: Million) -> Rows:
    with scope(one.agency.pk):
        subject = Subject.objects.filter(gallery=one.gallery).earliest("created_at", "pk")
        erasure = request_erasure(
            actor=one.actor,
            target=ErasureTarget.SUBJECTS,
            ids=[subject.pk],
            cause=ErasureCause.DEMAND,
            reason="For the benchmark alone",
            submission_key=uuid.uuid4(),
        )
        whole = milliseconds(lambda: run_erasure(erasure.pk)) / 1000
        done = Erasure.objects.get(pk=erasure.pk)
    if done.document is None:
        raise RuntimeError(f"the erasure is {done.state} at {done.phase}")
    locked = done.document["rewritten"]["seconds"]
    size = done.document["scan_of_tables"]["bytes"] / 2**20
    text = f"of which {locked:.1f} s of rewriting {size:,.0f} MB, each table locked meanwhile"
    return [("erasing one subject, with proof, s", whole, text)]
