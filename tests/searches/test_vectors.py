"""Exact search in PostgreSQL against numpy, and how templates lie and travel."""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import psycopg
import pytest
from django.db import connection
from numpy.typing import NDArray
from psycopg.pq import Format

from accounts.models import Agency
from portal.tenancy import scope
from searches import vectors
from searches.models import Contract, FaceImage, Gallery, Subject
from searches.services.galleries import contract_row, main_register
from searches.vectors import Hit, NewTemplate, add_templates, count_templates, nearest_subjects
from tests.factories import make_gallery, make_image, unit

pytestmark = pytest.mark.django_db

Vector = NDArray[np.float32]
SEEDS = range(12)


@dataclass(frozen=True)
class Held:
    """A stored template as the test knows it."""

    gallery_id: uuid.UUID
    subject_id: uuid.UUID
    image_id: uuid.UUID
    vector: Vector


def contract(dimension: int) -> Contract:
    return contract_row(f"candor-ec1-sha256:{dimension:064d}", "made-up", dimension)


def store(gallery: Gallery, dimension: int, subjects: Sequence[Sequence[Vector]]) -> list[Held]:
    """Enrol one subject for each list of vectors, with one picture for each vector."""
    people = [Subject(gallery=gallery, reference=uuid.uuid4().hex) for _ in subjects]
    Subject.objects.bulk_create(people)
    pictures = [
        (image_of(gallery, subject), vector)
        for subject, theirs in zip(people, subjects, strict=True)
        for vector in theirs
    ]
    FaceImage.objects.bulk_create(image for image, _ in pictures)
    held = [Held(gallery.pk, image.subject_id, image.pk, v) for image, v in pictures]
    add_templates(
        contract(dimension).pk,
        [NewTemplate(h.gallery_id, h.subject_id, h.image_id, h.vector) for h in held],
    )
    return held


def image_of(gallery: Gallery, subject: Subject) -> FaceImage:
    return FaceImage(
        gallery=gallery,
        subject=subject,
        register=main_register(gallery),
        sha256=uuid.uuid4().hex * 2,
        file_key="-",
        portrait_key="-",
        media_type="image/jpeg",
        face={},
        source="Custody register",
        legal_basis="Police Act s. 1",
        collected_on=date(2026, 1, 2),
        enrolled_by_label="test",
        expires_on=date(2030, 1, 1),
    )


def brute_force(probe: Vector, held: Iterable[Held], limit: int) -> list[Hit]:
    """What a search must give, by numpy in double precision on half-precision values."""
    rounded = probe.astype(np.float16).astype(np.float64)
    best: dict[uuid.UUID, Hit] = {}
    for h in sorted(held, key=lambda h: h.image_id):
        similarity = float(h.vector.astype(np.float16).astype(np.float64) @ rounded)
        before = best.get(h.subject_id)
        if before is None or similarity > before.similarity:
            best[h.subject_id] = Hit(h.gallery_id, h.subject_id, h.image_id, similarity)
    return sorted(best.values(), key=lambda hit: (-hit.similarity, hit.subject_id))[:limit]


def grid(rng: np.random.Generator, dimension: int) -> Vector:
    """A unit vector of equal magnitudes, a power of two for dimensions 4, 16, 64, 256.

    Half precision keeps it and sums of its products are exact, so that ties are ties everywhere.
    """
    signs = rng.choice(np.array([-1.0, 1.0], np.float32), size=dimension)
    vector: Vector = (signs / np.sqrt(dimension)).astype(np.float32)
    return vector


def any_direction(rng: np.random.Generator, dimension: int) -> Vector:
    return unit(*rng.normal(size=dimension))


def random_subjects(rng: np.random.Generator, make: Any, dimension: int) -> list[list[Vector]]:
    """Some subjects with one to seven pictures, vectors often shared between subjects."""
    pool = [make(rng, dimension) for _ in range(15)]
    return [
        [pool[n] if n < len(pool) else make(rng, dimension) for n in chosen]
        for chosen in (
            rng.integers(2 * len(pool), size=rng.integers(1, 8)) for _ in range(rng.integers(1, 30))
        )
    ]


def trouble(galleries: Sequence[Gallery], birch: Agency, probe: Vector) -> list[Held]:
    """What a search must never return, all of it as similar as can be. Returns what is deleted."""
    other = 9 if len(probe) != 9 else 25
    for gallery in galleries:
        store(gallery, other, [[unit(*np.ones(other))]])
    with scope(birch.pk):
        store(make_gallery(birch, uuid.uuid4().hex), len(probe), [[probe], [probe, probe]])
    gone = store(galleries[0], len(probe), [[probe], [probe]])
    FaceImage.objects.filter(pk__in=[h.image_id for h in gone]).delete()
    return gone


@pytest.fixture
def galleries(in_alder: Agency) -> list[Gallery]:
    return [make_gallery(in_alder, name) for name in ("Custody", "Missing", "Unidentified")]


def a_world(
    rng: np.random.Generator, make: Any, dimension: int, galleries: list[Gallery], birch: Agency
) -> tuple[Vector, list[Gallery], list[Held]]:
    """A probe, the galleries to search, and what they hold."""
    held = [
        h
        for gallery in galleries
        for h in store(gallery, dimension, random_subjects(rng, make, dimension))
    ]
    probe = make(rng, dimension) if rng.random() < 0.5 else held[0].vector
    trouble(galleries, birch, probe)
    chosen = galleries[: rng.integers(1, 4)]
    keys = {gallery.pk for gallery in chosen}
    return probe, chosen, [h for h in held if h.gallery_id in keys]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_is_brute_force_ties_included(
    seed: int, galleries: list[Gallery], birch: Agency
) -> None:
    rng = np.random.default_rng(seed)
    dimension = int(rng.choice([4, 16, 64, 256]))
    probe, chosen, held = a_world(rng, grid, dimension, galleries, birch)
    keys = [gallery.pk for gallery in chosen]
    for limit in (2, int(rng.integers(3, 50)), 50):
        given: Any = {"contract_pk": contract(dimension).pk, "galleries": keys, "limit": limit}
        hits = nearest_subjects(probe, **given)
        assert hits == brute_force(probe, held, limit)
        assert nearest_subjects(probe, **given) == hits
    assert count_templates(contract_pk=contract(dimension).pk, galleries=keys) == len(held)


@pytest.mark.parametrize("seed", SEEDS)
def test_similarities_are_cosines_in_any_direction(
    seed: int, galleries: list[Gallery], birch: Agency
) -> None:
    rng = np.random.default_rng(1000 + seed)
    dimension = int(rng.choice([5, 128, 512]))
    probe, chosen, held = a_world(rng, any_direction, dimension, galleries, birch)
    keys = [gallery.pk for gallery in chosen]
    limit = int(rng.integers(2, 51))
    hits = nearest_subjects(probe, contract_pk=contract(dimension).pk, galleries=keys, limit=limit)
    expected = brute_force(probe, held, limit)
    assert [hit.similarity for hit in hits] == pytest.approx(
        [hit.similarity for hit in expected], abs=1e-5
    )
    true = {hit.subject_id: hit.similarity for hit in brute_force(probe, held, len(held))}
    assert all(true[hit.subject_id] == pytest.approx(hit.similarity, abs=1e-5) for hit in hits)
    order = [(-hit.similarity, hit.subject_id) for hit in hits]
    assert order == sorted(order)


def test_a_subject_with_many_pictures_takes_one_place(galleries: list[Gallery]) -> None:
    """Far more pictures than a first look fetches, all nearer than the other subjects'."""
    near, far, further = unit(1, 0, 0, 0), unit(1, 1, 0, 0), unit(1, 2, 0, 0)
    held = store(galleries[0], 4, [[near] * 120, [far], [further, far]])
    hits = nearest_subjects(near, contract_pk=contract(4).pk, galleries=[galleries[0].pk], limit=3)
    tied = sorted({h.subject_id for h in held} - {held[0].subject_id})
    assert [hit.subject_id for hit in hits] == [held[0].subject_id, *tied]
    assert [hit.similarity for hit in hits] == pytest.approx([1, 0.5**0.5, 0.5**0.5], abs=1e-3)


@dataclass
class Statement:
    """A statement as it went to the server."""

    given: bytes
    values: Any
    sent: bytes
    formats: Sequence[Format]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """What `searches.vectors` sends with its own cursor."""
    sent: list[Statement] = []

    class Recording(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **kwargs: Any) -> "Recording":
            super().execute(query, params, **kwargs)
            assert self._query is not None
            formats = list(self._query.formats or [])
            given = query if isinstance(query, bytes) else query.encode()
            sent.append(Statement(given, params, self._query.query, formats))
            return self

    monkeypatch.setattr(vectors, "Cursor", Recording)
    return sent


def test_vectors_travel_in_binary(galleries: list[Gallery], statements: list[Statement]) -> None:
    probe = any_direction(np.random.default_rng(5), 512)
    store(galleries[0], 512, [[probe]])
    nearest_subjects(probe, contract_pk=contract(512).pk, galleries=[galleries[0].pk], limit=2)
    insert, select = statements
    assert insert.sent.startswith(b"\nINSERT")
    assert select.sent.startswith(b"\nSELECT")
    for statement in statements:
        assert b"$1" in statement.sent
        assert len(statement.sent) < 400, "values were written into the statement"
        assert set(statement.formats) == {Format.BINARY}


def relations(plan: dict[str, Any]) -> Iterator[str]:
    """The tables of a plan as EXPLAIN (FORMAT JSON) gives it."""
    if "Relation Name" in plan:
        yield plan["Relation Name"]
    for inner in plan.get("Plans", []):
        yield from relations(inner)


def partition_of(agency: Agency) -> str:
    """The partition that PostgreSQL's own hash gives an agency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n FROM generate_series(0, 7) AS n WHERE"
            " satisfies_hash_partition('searches_template_shared'::regclass, 8, n, %s::bigint)",
            [agency.pk],
        )
        ((number,),) = cursor.fetchall()
    return f"searches_template_shared_{number}"


def test_a_search_reads_one_partition(
    in_alder: Agency, galleries: list[Gallery], statements: list[Statement]
) -> None:
    probe = unit(1, 2, 3, 4)
    store(galleries[0], 4, [[probe]])
    nearest_subjects(probe, contract_pk=contract(4).pk, galleries=[galleries[0].pk], limit=2)
    select = statements[-1]
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(b"EXPLAIN (FORMAT JSON) " + select.given, select.values)
        ((plans,),) = cursor.fetchall()
    plan = json.loads(plans) if isinstance(plans, str) else plans
    assert set(relations(plan[0]["Plan"])) == {partition_of(in_alder)}


def test_templates_lie_inline_in_the_agencys_partition(alder: Agency, birch: Agency) -> None:
    for agency in (alder, birch):
        with scope(agency.pk), connection.cursor() as cursor:
            store(make_gallery(agency), 512, [[unit(*np.ones(512))]])
            cursor.execute(
                "SELECT tableoid::regclass::text, pg_column_size(vector) FROM searches_template"
            )
            # A header of 8 bytes and two a number: neither compressed nor moved out of the row.
            assert cursor.fetchall() == [(partition_of(agency), 8 + 2 * 512)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relid::regclass::text, reltoastrelid, attstorage"
            " FROM pg_partition_tree('searches_template') JOIN pg_class c ON c.oid = relid"
            " JOIN pg_attribute ON attrelid = relid AND attname = 'vector' WHERE isleaf"
        )
        leaves = cursor.fetchall()
    assert len(leaves) == 8
    assert all(toast == 0 and storage == "p" for _, toast, storage in leaves), leaves


@pytest.mark.parametrize(
    "bad",
    [
        np.array([np.nan, 0, 0, 1], np.float32),
        np.array([np.inf, 0, 0, 0], np.float32),
        np.array([0.9, 0, 0, 0], np.float32),
        np.zeros(4, np.float32),
        np.eye(4, dtype=np.float32),
    ],
    ids=["nan", "infinite", "short", "zero", "matrix"],
)
def test_only_finite_unit_vectors_are_taken(bad: Vector, galleries: list[Gallery]) -> None:
    image = make_image(galleries[0], "P-1", unit(1, 0, 0, 0))
    row = NewTemplate(galleries[0].pk, image.subject_id, image.pk, bad)
    with pytest.raises(ValueError, match="A template is"):
        add_templates(contract(4).pk, [row])
    with pytest.raises(ValueError, match="A template is"):
        nearest_subjects(bad, contract_pk=contract(4).pk, galleries=[galleries[0].pk], limit=2)
    assert count_templates(contract_pk=contract(4).pk, galleries=[galleries[0].pk]) == 0
