"""Templates in PostgreSQL: the only module that writes pgvector SQL.

Similarity is the cosine: templates are L2-normalised, so it is the inner product (`<#>` is its
negative). Vectors are half precision and inline in the row; the search is exact, over every
template of the chosen galleries. See docs/adr/0004.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from psycopg import Cursor

from portal.tenancy import current_agency_id
from searches.shards import WHOLE, Shard

TABLE = "searches_template"
ROWS_PER_INSERT = 1000  # about 1 MB of vectors a statement


@dataclass(frozen=True, slots=True)
class Hit:
    """A subject's best picture for a probe; `similarity` is the cosine, -1 to 1."""

    gallery_id: UUID
    subject_id: UUID
    image_id: UUID
    similarity: float


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """The embedding of one enrolled face: `vector` is float32 [dimension], L2-normalised."""

    gallery_id: UUID
    subject_id: UUID
    image_id: UUID
    vector: NDArray[np.float32]


# One statement for many rows: PostgreSQL has no COPY into tables with row-level security.
_INSERT = f"""
INSERT INTO {TABLE} (agency_id, contract_id, gallery_id, subject_id, image_id, vector)
SELECT %b, %b, new.* FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::halfvec[]) AS new
"""  # noqa: S608 - the table is a constant

_NEAREST = f"""
SELECT gallery_id, subject_id, image_id, (vector <#> %(probe)b) AS distance
FROM {TABLE}
WHERE agency_id = {{agency}} AND contract_id = {{contract}}
    AND gallery_id = ANY(%(galleries)b){{among}}{{excluded}}{{shard}}
ORDER BY distance, subject_id, image_id
LIMIT %(rows)b
"""  # noqa: S608 - the table is a constant

_RESEMBLING = f"""
SELECT gallery_id, subject_id, image_id, (vector <#> %(probe)b) AS distance
FROM {TABLE}
WHERE agency_id = {{agency}} AND contract_id = {{contract}} AND gallery_id = %(gallery)b
    AND subject_id <> ALL(%(without)b) AND (vector <#> %(probe)b) <= %(distance)b
ORDER BY distance, subject_id, image_id
LIMIT {{rows}}
"""  # noqa: S608 - the table is a constant

# A row `t` as jsonb: pgvector's binary form is two 16-bit numbers (the dimension, and 0) and the
# half-precision numbers, all big-endian; the export has the numbers alone, in base64.
EXPORTED = """
jsonb_build_object(
    'agency_id', t.agency_id, 'gallery_id', t.gallery_id, 'subject_id', t.subject_id,
    'image_id', t.image_id,
    'contract', (SELECT c.contract FROM searches_contract c WHERE c.id = t.contract_id),
    'dimension', vector_dims(t.vector),
    'vector', translate(encode(substr(halfvec_send(t.vector), 5), 'base64'), E'\\n', '')
)
"""


@contextmanager
def vector_cursor() -> "Iterator[Cursor[Any]]":
    """A cursor on Django's connection that sends parameters apart from the statement, in binary.

    Django's own cursors write every parameter into the statement as text, %b or not: 512 numbers
    to print and to parse again for each vector.
    """
    connection.ensure_connection()
    driver = connection.connection
    if driver.adapters.types.get("halfvec") is None:
        register_vector(driver)
    with connection.wrap_database_errors, Cursor(driver) as cursor:
        yield cursor


@contextmanager
def vector_pipeline() -> Iterator[None]:
    """What is asked by cursors within goes out at once; their answers are waited for when read."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def add_templates(contract_pk: int, templates: Iterable[NewTemplate]) -> int:
    """Store templates of the current agency; returns how many. Part of the open transaction."""
    agency = current_agency_id()
    remaining = iter(templates)
    added = 0
    while some := list(islice(remaining, ROWS_PER_INSERT)):
        galleries = [template.gallery_id for template in some]
        subjects = [template.subject_id for template in some]
        images = [template.image_id for template in some]
        vectors = _half([template.vector for template in some])
        with vector_cursor() as cursor:
            cursor.execute(_INSERT, (agency, contract_pk, galleries, subjects, images, vectors))
        added += len(some)
    return added


def nearest_subjects(
    probe: NDArray[np.float32],
    *,
    contract_pk: int,
    galleries: Sequence[UUID],
    limit: int,
    excluded: Sequence[UUID] = (),
    shard: Shard = WHOLE,
) -> list[Hit]:
    """The `limit` subjects most similar to `probe` [dimension], most similar first.

    Exact over all templates of a shard of these galleries under this contract. A subject counts
    once, with its best picture. Equal similarities are ordered by subject id, so that the same
    search gives the same list every time. Images in `excluded` do not exist for this search.
    """
    rows = limit * 4
    while True:
        found = _nearest_templates(probe, contract_pk, galleries, rows, excluded, shard=shard)
        hits = list(_best_per_subject(found))
        # Fewer subjects than wanted although more templates exist: some subject has many pictures.
        if len(hits) >= limit or len(found) < rows:
            return hits[:limit]
        rows *= 4


def nearest_among(
    probe: NDArray[np.float32],
    images: Sequence[UUID],
    *,
    contract_pk: int,
    gallery_id: UUID,
    excluded: Sequence[UUID] = (),
) -> list[Hit]:
    """The subjects of these images of a gallery, with the best of them each, as above."""
    count = max(1, len(images))
    found = _nearest_templates(probe, contract_pk, [gallery_id], count, excluded, images)
    return list(_best_per_subject(found))


def hits_of_images(
    probe: NDArray[np.float32], images: Sequence[UUID], *, contract_pk: int, gallery_id: UUID
) -> list[Hit]:
    """Each of these images that has a template in the gallery, the most similar first."""
    return _nearest_templates(probe, contract_pk, [gallery_id], len(images) + 1, (), images)


def half_precision(probe: NDArray[np.float32]) -> NDArray[np.float32]:
    """A probe [dimension] as PostgreSQL compares it. Raises ValueError as a search does."""
    return np.asarray(_rounded([probe])[0], np.float32)


def remove_templates(images: Sequence[UUID]) -> list[tuple[int, bytes]]:
    """Delete the templates of these images under every contract, in the open transaction.

    Returns the contract and the vector of each as the server stores it: half precision,
    little-endian. The bytes stay in its pages until the table is rewritten.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {TABLE} WHERE agency_id = %s AND image_id = ANY(%s)"  # noqa: S608
            " RETURNING contract_id, substr(halfvec_send(vector), 5)",
            [current_agency_id(), list(images)],
        )
        return [
            (int(contract), np.frombuffer(bytes(sent), ">f2").astype("<f2").tobytes())
            for contract, sent in cursor.fetchall()
        ]


def resembling_subjects(
    probe: NDArray[np.float32],
    *,
    contract_pk: int,
    gallery_id: UUID,
    least: float,
    without: Sequence[UUID] = (),
    limit: int = 50,
) -> list[Hit]:
    """Subjects of a gallery, but for `without`, with a picture at least `least` similar.

    Exact over all templates of the gallery under this contract; most similar first.
    """
    sql = _RESEMBLING.format(
        agency=current_agency_id(), contract=int(contract_pk), rows=int(limit) * 4
    )
    (half,) = _half([probe])
    values = {"probe": half, "gallery": gallery_id, "without": list(without), "distance": -least}
    with vector_cursor() as cursor:
        cursor.execute(sql.encode(), values)
        found = [Hit(g, s, i, -float(d)) for g, s, i, d in cursor.fetchall()]
    return list(_best_per_subject(found))[:limit]


def count_templates(
    *,
    contract_pk: int,
    galleries: Sequence[UUID],
    excluded: Sequence[UUID] = (),
    shard: Shard = WHOLE,
) -> int:
    """How many templates a search in a shard of these galleries compares."""
    agency = current_agency_id()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {TABLE}"  # noqa: S608 - a constant
            " WHERE agency_id = %s AND contract_id = %s AND gallery_id = ANY(%s)"
            f" AND image_id <> ALL(%s::uuid[]){shard.condition}",
            [agency, contract_pk, list(galleries), list(excluded)],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def template_of(image: UUID, contract_pk: int) -> NDArray[np.float32] | None:
    """The template of an image under a contract, [dimension]; None when it has none."""
    with vector_cursor() as cursor:
        cursor.execute(
            f"SELECT vector FROM {TABLE}".encode()  # noqa: S608 - a constant
            + b" WHERE agency_id = %b AND image_id = %b AND contract_id = %b",
            (current_agency_id(), image, contract_pk),
        )
        row = cursor.fetchone()
    if row is None:
        return None
    vector = row[0].to_numpy().astype(np.float32)
    unit: NDArray[np.float32] = vector / np.linalg.norm(vector)  # half precision is not exact
    return unit


def _nearest_templates(
    probe: NDArray[np.float32],
    contract_pk: int,
    galleries: Sequence[UUID],
    rows: int,
    excluded: Sequence[UUID],
    among: Sequence[UUID] | None = None,
    shard: Shard = WHOLE,
) -> list[Hit]:
    # Agency and contract are literals, so that PostgreSQL picks the partition while planning and
    # never compares vectors of different dimensions.
    without = " AND image_id <> ALL(%(excluded)b)" if excluded else ""
    only = "" if among is None else " AND image_id = ANY(%(among)b)"
    place = {"agency": current_agency_id(), "contract": int(contract_pk)}
    sql = _NEAREST.format(**place, among=only, excluded=without, shard=shard.condition)
    (half,) = _half([probe])
    values: dict[str, Any] = {"probe": half, "galleries": list(galleries), "rows": rows}
    if excluded:
        values["excluded"] = list(excluded)
    if among is not None:
        values["among"] = list(among)
    with vector_cursor() as cursor:
        # Of some images by their ids planning takes longer than looking: it is done once.
        cursor.execute(sql.encode(), values, prepare=among is not None)
        return [Hit(g, s, i, -float(d)) for g, s, i, d in cursor.fetchall()]


def _best_per_subject(hits: Iterable[Hit]) -> Iterator[Hit]:
    seen: set[UUID] = set()
    for hit in hits:
        if hit.subject_id not in seen:
            seen.add(hit.subject_id)
            yield hit


def _half(vectors: Sequence[NDArray[np.float32]]) -> list[HalfVector]:
    return [HalfVector(row) for row in _rounded(vectors)]


def _rounded(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float16]:
    """Half precision of L2-normalised vectors of one dimension. Raises ValueError for others."""
    rows = np.stack(vectors)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ValueError("A template is one finite vector")
    if (np.abs(np.linalg.norm(rows, axis=1) - 1.0) > 1e-3).any():
        raise ValueError("A template is L2-normalised")
    return rows.astype(np.float16)
