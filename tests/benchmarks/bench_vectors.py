"""Exact search and storing of templates against bare SQL and numpy on the same vectors."""

from collections.abc import Callable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from portal.tenancy import scope
from searches.models import Gallery
from searches.services.galleries import contract_row
from searches.vectors import TABLE, nearest_subjects
from tests.benchmarks import galleries
from tests.benchmarks.installation import prepare
from tests.benchmarks.timing import median, milliseconds, p95, take_turns

DIMENSION = 512
SIZES = (10_000, 100_000)
ROUNDS = 40
LIMIT = 20
RECALL_LIMIT, RECALL_PROBES = 50, 20

Rows = list[tuple[str, float, str]]


class Filled:
    """An agency of its own with one gallery of `size` generated templates, and the same in numpy.

    `vectors` are float32 [size, DIMENSION] with the values that half precision leaves.
    """

    def __init__(self, size: int) -> None:
        self.agency, actor = galleries.new_agency(f"vectors-{size}")
        exact = galleries.face_like(size // galleries.PICTURES_EACH, DIMENSION, seed=size)
        with scope(self.agency.pk):
            self.gallery: Gallery = galleries.empty_gallery(actor, "Generated")
            self.contract = contract_row("candor-ec1-sha256:" + "1" * 64, "generated", DIMENSION)
            self.subjects, self.seconds = galleries.fill(self.gallery, self.contract.pk, exact)
        self.vectors = exact.astype(np.float16).astype(np.float32)
        rng = np.random.default_rng(size + 1)
        chosen = exact[rng.integers(size, size=RECALL_PROBES)]
        moved: NDArray[np.float64] = chosen + rng.normal(scale=0.02, size=chosen.shape)
        self.probes = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)

    def portal(self, probe: NDArray[np.float32], limit: int) -> list[UUID]:
        where = [self.gallery.pk]
        hits = nearest_subjects(probe, contract_pk=self.contract.pk, galleries=where, limit=limit)
        return [hit.subject_id for hit in hits]

    def brute_force(self, probe: NDArray[np.float32], limit: int) -> list[UUID]:
        similarity = self.vectors @ probe.astype(np.float16).astype(np.float32)
        best = similarity.reshape(-1, galleries.PICTURES_EACH).max(axis=1)
        first = np.argpartition(-best, limit)[:limit]
        order = first[np.argsort(-best[first], kind="stable")]
        return [self.subjects[person * galleries.PICTURES_EACH] for person in order]


def run() -> Rows:
    prepare()
    filled = [Filled(size) for size in SIZES]
    galleries.settle()
    figures: Rows = []
    for size, one in zip(SIZES, filled, strict=True):
        figures += _search(size, one)
    return [*figures, _recall(filled[-1]), *_storing(filled)]


def _search(size: int, one: Filled) -> Rows:
    turn = iter(range(10**6))

    def next_probe() -> NDArray[np.float32]:
        probe: NDArray[np.float32] = one.probes[next(turn) % RECALL_PROBES]
        return probe

    with galleries.superuser() as server, scope(one.agency.pk):
        register_vector(server)
        sql = (
            f"SELECT gallery_id, subject_id, image_id, vector <#> %b AS distance FROM {TABLE}"
            f" WHERE agency_id = {one.agency.pk} AND contract_id = {one.contract.pk}"
            f" AND gallery_id = ANY(%b) ORDER BY distance LIMIT {LIMIT * 4}"
        ).encode()
        contestants: dict[str, Callable[[], object]] = {
            "portal": lambda: one.portal(next_probe(), LIMIT),
            "sql": lambda: server.execute(
                sql, (HalfVector(next_probe()), [one.gallery.pk])
            ).fetchall(),
        }
        times = take_turns(contestants, ROUNDS)
    # Not in turns: its large array would drive the table out of the processor's caches.
    brute = [milliseconds(lambda: one.brute_force(next_probe(), LIMIT)) for _ in range(ROUNDS)]
    portal, bare = times["portal"], times["sql"]
    what = f"{DIMENSION} dimensions, row security on, one agency, {ROUNDS} searches"
    return [
        (f"exact {size:,}, p50 ms", median(portal), f"nearest_subjects: {what}"),
        (f"exact {size:,}, p95 ms", p95(portal), f"nearest_subjects: {what}"),
        (
            f"exact {size:,}, portal / bare SQL",
            median(portal) / median(bare),
            f"bare SQL as superuser, no row security: {median(bare):.1f} / {p95(bare):.1f} ms",
        ),
        (
            f"exact {size:,}, portal / numpy",
            median(portal) / median(brute),
            f"float32 in memory on one thread: {median(brute):.1f} / {p95(brute):.1f} ms",
        ),
    ]


def _recall(one: Filled) -> tuple[str, float, str]:
    with scope(one.agency.pk):
        shares = [
            len(set(one.portal(probe, RECALL_LIMIT)) & set(one.brute_force(probe, RECALL_LIMIT)))
            / RECALL_LIMIT
            for probe in one.probes
        ]
    return (
        f"recall@{RECALL_LIMIT}",
        float(np.mean(shares)),
        f"subjects that numpy finds too, {RECALL_PROBES} probes of {len(one.vectors):,} templates",
    )


def _storing(filled: list[Filled]) -> Rows:
    rows = sum(len(one.vectors) for one in filled)
    seconds = sum(one.seconds for one in filled)
    with galleries.superuser() as server:
        heap, everything = server.execute(
            "SELECT sum(pg_relation_size(relid)), sum(pg_total_relation_size(relid))"
            f" FROM pg_partition_tree('{TABLE}') WHERE isleaf"
        ).fetchone() or (0, 0)
    per_row = float(heap) / rows
    return [
        (
            "storing, templates a second",
            rows / seconds,
            f"add_templates, {galleries.PER_TRANSACTION:,} a transaction, commits included",
        ),
        (
            "bytes a template",
            per_row,
            f"in the table; {float(everything) / rows:.0f} with its indexes",
        ),
    ]
