"""Right candidates: a real gallery of synthetic people, searched with other pictures of them."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from accounts.actor import command_actor
from accounts.models import Agency
from searches.engines.synthetic import Identity, Scene, draw
from searches.images import decode, encode_jpeg
from searches.measuring import measure
from searches.models import Contract, Gallery, Subject
from searches.recognition import embed_face, engine, find_faces
from searches.services.enrolment import enrol_picture
from searches.vectors import Hit, count_templates, nearest_subjects
from tests.factories import make_case, make_gallery, make_probe, make_search, provenance_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

PEOPLE = range(1, 201)
STRANGERS = range(2001, 2041)
ENROLLED, PROBE = (0, 1), 2  # numbers of a person's pictures
SIZE = 240
LIMIT = 20
THREADS = 2  # the engine's sessions and OpenCV let the interpreter go

Vector = NDArray[np.float32]


def jpeg(person: int, number: int) -> bytes:
    scene = Scene.from_seed(person * 1000 + number, size=SIZE)
    return encode_jpeg(draw(Identity.from_seed(person), scene), quality=92)


def enrol(gallery: Gallery, people: Iterable[int]) -> None:
    """Two pictures of each person, through the service that writes them."""
    wanted = [(person, number) for person in people for number in ENROLLED]
    with ThreadPoolExecutor(THREADS) as pool:
        measured = pool.map(lambda one: measure(jpeg(*one)), wanted)
        for (person, _), picture in zip(wanted, measured, strict=True):
            enrol_picture(
                actor=command_actor("test", gallery.agency_id),
                gallery=gallery,
                reference=f"P-{person:04d}",
                picture=picture,
                provenance=provenance_of(gallery),
            )


def probe_vectors(people: Iterable[int]) -> list[Vector]:
    """The template of each person's probe picture, as the worker makes it."""

    def vector(person: int) -> Vector:
        found = find_faces(decode(jpeg(person, PROBE)).rgb)
        assert len(found.faces) == 1, f"{len(found.faces)} faces in the probe of {person}"
        return embed_face(found.image, found.faces[0])

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(vector, people))


def searched(gallery: Gallery) -> Any:
    row = Contract.objects.get(contract=engine().contract.id)
    return {"contract_pk": row.pk, "galleries": [gallery.pk]}


def search(gallery: Gallery, vector: Vector) -> list[Hit]:
    return nearest_subjects(vector, limit=LIMIT, **searched(gallery))


def test_mated_searches_find_their_person_and_strangers_stay_below(alder: Agency) -> None:
    gallery = make_gallery(alder)
    enrol(gallery, PEOPLE)
    references = {subject.pk: subject.reference for subject in Subject.objects.all()}
    assert count_templates(**searched(gallery)) == len(PEOPLE) * len(ENROLLED)
    mated = [search(gallery, vector) for vector in probe_vectors(PEOPLE)]
    strangers = [search(gallery, vector) for vector in probe_vectors(STRANGERS)]

    named = [[references[hit.subject_id] for hit in hits] for hits in mated]
    own = [f"P-{person:04d}" for person in PEOPLE]
    first = sum(names[0] == name for names, name in zip(named, own, strict=True))
    assert first >= 0.99 * len(PEOPLE)
    missed = [name for names, name in zip(named, own, strict=True) if name not in names]
    assert not missed

    # Strangers get a full list too: what tells them apart is how similar its head is.
    assert {len(hits) for hits in strangers} == {LIMIT}
    heads = np.array([hits[0].similarity for hits in mated])
    assert max(hits[0].similarity for hits in strangers) < np.percentile(heads, 10)


def test_the_services_give_the_candidates_of_the_bare_search(alder: Agency) -> None:
    gallery = make_gallery(alder)
    enrol(gallery, PEOPLE[:15])
    case = make_case(alder)
    for person, vector in zip(PEOPLE[:3], probe_vectors(PEOPLE[:3]), strict=True):
        done = make_search(make_probe(case, jpeg(person, PROBE)), [gallery])
        given = [(c.rank, c.subject_id, c.image_id) for c in done.candidates.all()]
        bare = search(gallery, vector)
        assert given == [(n, hit.subject_id, hit.image_id) for n, hit in enumerate(bare, 1)]
        assert [c.similarity for c in done.candidates.all()] == pytest.approx(
            [hit.similarity for hit in bare], abs=1e-6
        )
        assert done.templates_searched == 15 * len(ENROLLED)
