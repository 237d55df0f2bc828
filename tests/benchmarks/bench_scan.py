"""The full scan in memory against pgvector alone and FAISS called by hand, on the same vectors."""

import ctypes
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import faiss
import numpy as np
from django.db import transaction
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from portal.tenancy import scope
from searches.models import Gallery
from searches.scan.building import build
from searches.scan.files import Key, State, bytes_in_use
from searches.scan.huge_pages import COLLAPSE, PAGE
from searches.scan.keeper import stop_holding
from searches.scan.planning import compare
from searches.services.galleries import contract_row
from searches.vectors import TABLE, remove_templates
from tests.benchmarks import galleries
from tests.benchmarks.installation import prepare
from tests.benchmarks.timing import median, milliseconds, p95, take_turns

DIMENSION, PART = 512, 100_000
SIZES = (100_000, 1_000_000)
ROUNDS, LIMIT = 60, 20
SQL_ROUNDS = 12
# 50,000 places of lists: of a hundred probes' 5,000 one in a thousand is five, give or take two.
RECALL_AT, PROBES, AT_ONCE = 50, 1000, 50
AS_NEAR = 1e-4  # of similarity: what half precision rounds
CHANGED = 1000
CONTRACT = "candor-ec1-sha256:" + "1" * 64

Rows = list[tuple[str, float, str]]
Vectors = NDArray[np.float32]


class Filled:
    """An agency of its own with one gallery of `size` templates that is held in memory."""

    def __init__(self, size: int) -> None:
        self.agency, self.actor = galleries.new_agency(f"scan-{size}")
        each = PART // galleries.PICTURES_EACH
        self.vectors = np.empty((size, DIMENSION), np.float32)
        self.subjects: list[UUID] = []
        with scope(self.agency.pk):
            self.gallery: Gallery = galleries.empty_gallery(self.actor, "Generated")
            self.contract = contract_row(CONTRACT, "generated", DIMENSION)
            Gallery.objects.filter(pk=self.gallery.pk).update(contract=self.contract)
            for number in range(size // PART):
                part = galleries.face_like(each, DIMENSION, seed=size + number)
                self.vectors[number * PART : (number + 1) * PART] = part
                first = 1 + number * each
                found, _ = galleries.fill(
                    self.gallery, self.contract.pk, part, first=first, past_triggers=True
                )
                self.subjects += found
            galleries.settle()
            start = time.perf_counter()
            state = build(Key(self.agency.pk, self.contract.pk, self.gallery.pk))
            self.seconds = time.perf_counter() - start
        if state is None:
            raise RuntimeError("the gallery is not held: is there memory for it?")
        self.state: State = state
        rng = np.random.default_rng(size + 1)
        chosen = self.vectors[rng.integers(size, size=PROBES)]
        moved: NDArray[np.float64] = chosen + rng.normal(scale=0.02, size=chosen.shape)
        self.probes = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)

    def turns(self) -> Iterator[Vectors]:
        while True:
            yield from self.probes

    def portal(self, probe: Vectors, limit: int = LIMIT) -> list[UUID]:
        place: Any = {"contract_pk": self.contract.pk, "galleries": [self.gallery.pk]}
        found = compare(probe, limit=limit, **place)
        if not found.scanned:
            raise RuntimeError("the gallery was not scanned")
        return [hit.subject_id for hit in found.hits]


def run() -> Rows:
    prepare()
    rows: Rows = []
    for size in SIZES:
        one = Filled(size)
        rows += [*_speed(size, one), *_whole(size, one), *_changes(size, one)]
    stop_holding()
    return rows


def _by_hand(one: Filled, *, huge: bool = False) -> Callable[[Vectors], object]:
    """The same codes without the portal, as many re-ranked from float32 in this process.

    `huge`: the codes in pages of 2 MB, as the portal has them; nobody gets them from FAISS alone.
    """
    faiss.omp_set_num_threads(1)
    most = one.state.reranked or 0
    index = faiss.IndexPQFastScan(DIMENSION, DIMENSION // 2, 4, faiss.METRIC_INNER_PRODUCT)
    index.train(one.vectors[:PART])
    index.add(one.vectors)
    if huge:
        _gather(faiss.rev_swig_ptr(index.codes.get(), index.codes.size()))

    def search(probe: Vectors) -> object:
        near = index.search(probe[None], most)[1][0]
        return near[np.argsort(-(one.vectors[near] @ probe), kind="stable")[: LIMIT * 4]]

    return search


def _gather(codes: NDArray[np.uint8]) -> None:
    start = codes.ctypes.data + -codes.ctypes.data % PAGE
    length = (codes.ctypes.data + len(codes) - start) // PAGE * PAGE
    if ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), COLLAPSE):
        raise RuntimeError("this kernel gathers no pages")


def _speed(size: int, one: Filled) -> Rows:
    by_hand, huge, turns = _by_hand(one), _by_hand(one, huge=True), one.turns()
    where = [one.gallery.pk]
    with galleries.superuser() as server, scope(one.agency.pk):
        register_vector(server)
        sql = (
            f"SELECT gallery_id, subject_id, image_id, vector <#> %b AS distance FROM {TABLE}"
            f" WHERE agency_id = {one.agency.pk} AND contract_id = {one.contract.pk}"
            f" AND gallery_id = ANY(%b) ORDER BY distance LIMIT {LIMIT * 4}"
        ).encode()
        quick: dict[str, Callable[[], object]] = {
            "portal": lambda: one.portal(next(turns)),
            "hand": lambda: by_hand(next(turns)),
            "huge": lambda: huge(next(turns)),
        }
        times = take_turns(quick, ROUNDS)
        slow: dict[str, Callable[[], object]] = {
            "sql": lambda: server.execute(sql, (HalfVector(next(turns)), where)).fetchall(),
        }
        times |= take_turns(slow, SQL_ROUNDS)
    portal, hand, in_huge, bare = (median(times[name]) for name in (*quick, *slow))
    text = f"FAISS by hand {hand:.1f} / {p95(times['hand']):.1f} ms, bare SQL {bare:.0f} ms"
    text += f"; the best {one.state.reranked:,} compared exactly"
    as_ours = f"in pages of 2 MB as the portal's: {in_huge:.1f} / {p95(times['huge']):.1f} ms"
    return [
        (f"scan {size:,}, p50 ms", portal, text),
        (f"scan {size:,}, p95 ms", p95(times["portal"]), text),
        (f"scan {size:,}, bare SQL / portal", bare / portal, text),
        (f"scan {size:,}, portal / FAISS by hand", portal / hand, text),
        (f"scan {size:,}, portal / FAISS in huge pages", portal / in_huge, as_ours),
    ]


def _whole(size: int, one: Filled) -> Rows:
    probes = one.probes
    with scope(one.agency.pk):
        lists = [set(one.portal(probe, RECALL_AT)) for probe in probes]
    before = _recall(one, one.vectors, probes, lists)
    as_near = _recall(one, one.vectors, probes, lists, within=AS_NEAR)
    stored = one.vectors.astype(np.float16).astype(np.float32)
    halves = probes.astype(np.float16).astype(np.float32)
    recall = _recall(one, stored, halves, lists)
    beside = bytes_in_use() / size - 2 * DIMENSION if size == SIZES[0] else 0.0
    built = f"{one.seconds:.0f} s to build, measured at {one.state.recall:.4f} then"
    rounded = "the templates before they were stored in half precision"
    rows = [
        (f"scan {size:,}, recall@50", recall, built),
        (f"scan {size:,}, recall@50 against float32", before, rounded),
        (f"scan {size:,}, as near as float32's 50th", as_near, f"{rounded}; within {AS_NEAR:g}"),
    ]
    if beside:
        rows.append(("bytes a template beside its vector", beside, "codes, ids, order and tail"))
    return rows


def _recall(
    one: Filled, vectors: Vectors, probes: Vectors, lists: list[set[UUID]], within: float = 0.0
) -> float:
    """The share of the 50 nearest subjects by all distances that the lists have.

    With `within`, as ann-benchmarks has it: the share of a list that is as near as the 50th of
    them, or so little further.
    """
    found = 0
    for first in range(0, len(probes), AT_ONCE):
        products = probes[first : first + AT_ONCE] @ vectors.T
        of_subjects = products.reshape(len(products), -1, galleries.PICTURES_EACH).max(axis=2)
        for best, there in zip(of_subjects, lists[first : first + AT_ONCE], strict=True):
            near = np.argpartition(-best, RECALL_AT)[:RECALL_AT]
            if within:
                near = np.flatnonzero(best >= best[near].min() - within)
            found += sum(one.subjects[int(n) * galleries.PICTURES_EACH] in there for n in near)
    return found / (RECALL_AT * len(lists))


def _changes(size: int, one: Filled) -> Rows:
    """From the commit until a list has what was added and nothing of what was erased."""
    new = galleries.face_like(CHANGED // galleries.PICTURES_EACH, DIMENSION, seed=7)
    with scope(one.agency.pk):
        first = 1 + size // galleries.PICTURES_EACH
        subjects, _ = galleries.fill(one.gallery, one.contract.pk, new, first=first)
        gone = _some_images(one)
        with transaction.atomic():
            remove_templates(gone)
        seen: list[UUID] = []
        spent = milliseconds(lambda: seen.extend(one.portal(new[0]))) / 1000
        again = milliseconds(lambda: one.portal(new[0]))
    if subjects[0] not in seen:
        raise RuntimeError("what was added is not found")
    text = f"{CHANGED:,} added and {CHANGED:,} erased; the search after it {again:.1f} ms"
    return [(f"scan {size:,}, changes in the next list, s", spent, text)]


def _some_images(one: Filled) -> list[UUID]:
    subjects = one.gallery.subjects.order_by("created_at", "pk").values_list("pk", flat=True)
    some = list(subjects[: CHANGED // galleries.PICTURES_EACH])
    images = one.gallery.subjects.filter(pk__in=some).values_list("images__pk", flat=True)
    return list(images)
