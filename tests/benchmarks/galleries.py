"""Galleries of generated templates, written through the portal's own code."""

import time
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from django.conf import settings
from django.db import connection, transaction
from numpy.typing import NDArray

from accounts.actor import Actor, command_actor
from accounts.models import Agency
from accounts.purposes import SourceKind
from accounts.services.agencies import create_agency
from portal import embedded
from searches.models import Gallery, Subject
from searches.services.enrolment import Provenance
from searches.services.galleries import create_gallery, main_register
from searches.vectors import NewTemplate, add_templates
from tests.factories import make_license

SOURCE, BASIS = "Generated", "No person"
PICTURES_EACH = 5
# Cosines as in the data that the budgets were measured on: of two pictures of one person, and how
# far those of two persons scatter about 0; drawn alike in 512 dimensions they would by 0.044.
WITHIN, SCATTER = 0.66, 0.075
PER_TRANSACTION = 10_000
# The triggers plan by what is known of the tables: one statement for all would take them for empty.
SUBJECTS_AT_ONCE = 1_000

# Pictures by SQL, because only their templates are searched.
_IMAGES = """
INSERT INTO searches_faceimage (
    id, agency_id, gallery_id, subject_id, sha256, file_key, portrait_key, media_type, face,
    quarter_turns, source, legal_basis, collected_on, enrolled_by_label, enrolled_at, expires_on,
    measures, rank, duplicates_checked, register_id)
SELECT gen_random_uuid(), agency_id, gallery_id, s.id,
    encode(sha256((s.id || '/' || n)::bytea), 'hex'), agency_id || '/' || gen_random_uuid(),
    agency_id || '/' || gen_random_uuid(), 'image/jpeg', '{}', 0, 'Generated', 'No person',
    current_date - (random() * 3000)::int, 'benchmark', now(),
    current_date + (random() * 1000)::int, '{}', 0, true, %s
FROM searches_subject s JOIN unnest(%s::uuid[]) WITH ORDINALITY AS o (id, at) ON o.id = s.id,
    generate_series(1, %s) AS n
WHERE agency_id = %s AND gallery_id = %s ORDER BY o.at, n
RETURNING subject_id, id
"""


def new_agency(slug: str) -> tuple[Agency, Actor]:
    """An agency with a license without limits, and the operator at its command line."""
    agency = create_agency(actor=command_actor("bench", None), name=slug, slug=slug)
    make_license(agency)
    return agency, command_actor("bench", agency.pk)


def empty_gallery(actor: Actor, name: str) -> Gallery:
    return create_gallery(
        actor=actor,
        name=name,
        source=SOURCE,
        source_kind=SourceKind.OTHER_LAWFUL_REGISTER,
        legal_basis=BASIS,
    )


def provenance_of(gallery: Gallery) -> Provenance:
    return Provenance(main_register(gallery), date(2026, 1, 1))


def face_like(
    people: int, dimension: int, seed: int, within: float = WITHIN
) -> NDArray[np.float32]:
    """Unit vectors float32 [people * PICTURES_EACH, dimension], a person's rows side by side.

    Two rows of one person have the cosine `within` on average, of two persons 0 give or take
    SCATTER (or what that many dimensions have at least).
    """
    rng = np.random.default_rng(seed)
    persons = np.repeat(_unit(rng, people, dimension), PICTURES_EACH, axis=0)
    noise = _unit(rng, people * PICTURES_EACH, dimension)
    mixed = np.sqrt(within) * persons + np.sqrt(1 - within) * noise
    unit: NDArray[np.float64] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return unit.astype(np.float32)


def _unit(rng: np.random.Generator, rows: int, dimension: int) -> NDArray[np.float64]:
    vectors = rng.normal(size=(rows, dimension)) @ _spread(dimension)
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@cache
def _spread(dimension: int) -> NDArray[np.float64]:
    """What makes numbers [n, d], drawn alike, as uneven as faces are, in no direction of an axis.

    Variances that fall off by e in `t` directions scatter the cosines by 1 / sqrt(2 t).
    """
    lengths = np.exp(-np.arange(dimension) * SCATTER**2)
    turned: NDArray[np.float64] = np.linalg.qr(
        np.random.default_rng(dimension).normal(size=(dimension, dimension))
    )[0]
    spread: NDArray[np.float64] = lengths[:, None] * turned
    return spread


def fill(
    gallery: Gallery,
    contract_pk: int,
    vectors: NDArray[np.float32],
    *,
    first: int = 1,
    past_triggers: bool = False,
) -> tuple[list[UUID], float]:
    """Store templates by `add_templates` in the open scope; subjects are numbered from `first`.

    `past_triggers` leaves out what is done for each picture (its subject's lock and best picture),
    which a million of them would wait for and no search looks at.
    Returns the subject of each vector, and the seconds spent in storing, commits included.
    """
    place = (gallery.agency_id, gallery.pk)
    register = main_register(gallery).pk
    end = first + len(vectors) // PICTURES_EACH
    images: list[tuple[UUID, UUID]] = []
    for start_at in range(first, end, SUBJECTS_AT_ONCE):
        last = min(start_at + SUBJECTS_AT_ONCE, end) - 1
        with transaction.atomic(), connection.cursor() as cursor:
            names = (f"G-{number:08}" for number in range(start_at, last + 1))
            people = [Subject(gallery=gallery, reference=name) for name in names]
            Subject.objects.bulk_create(people)
            wanted: list[Any] = [register, [one.pk for one in people], PICTURES_EACH, *place]
            if not past_triggers:
                cursor.execute(_IMAGES, wanted)
                images += cursor.fetchall()
        if past_triggers:
            images += _images_past_triggers(wanted)
        if start_at == 1:
            settle()
    spent = 0.0
    for some in _parts(images, vectors):
        templates = [NewTemplate(gallery.pk, s, i, vector) for s, i, vector in some]
        start = time.perf_counter()
        with transaction.atomic():
            add_templates(contract_pk, templates)
        spent += time.perf_counter() - start
    return [subject for subject, _ in images], spent


def _images_past_triggers(wanted: list[Any]) -> list[tuple[UUID, UUID]]:
    with superuser() as server:
        server.execute("SET session_replication_role = replica")
        return list(psycopg.ClientCursor(server).execute(_IMAGES, wanted).fetchall())


def _parts(
    images: Sequence[tuple[UUID, UUID]], vectors: NDArray[np.float32]
) -> Iterator[list[tuple[UUID, UUID, NDArray[np.float32]]]]:
    rows = [(s, i, vector) for (s, i), vector in zip(images, vectors, strict=True)]
    for start in range(0, len(rows), PER_TRANSACTION):
        yield rows[start : start + PER_TRANSACTION]


def superuser() -> "psycopg.Connection[tuple[Any, ...]]":
    """The embedded server's superuser, whom no row-level security holds."""
    urls = embedded.ensure_running(settings.VAR_DIR)
    return psycopg.connect(
        urls.superuser_url, dbname=settings.DATABASES["default"]["NAME"], autocommit=True
    )


def settle() -> None:
    """What autovacuum does within a minute of a large enrolment, at once."""
    with superuser() as server:
        server.execute("VACUUM ANALYZE")
