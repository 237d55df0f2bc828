"""Galleries of made-up templates in an installation, compared by hosts and by SQL.

Acts of a hand (hand.py), in the process of the installation that they are called in.
"""

import uuid
from typing import Any

import numpy as np

from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.purposes import SourceKind
from portal.tenancy import scope
from searches.models import Gallery, ScanQuestion, Search
from searches.scan.planning import compare
from searches.services import jobs
from searches.services.galleries import create_gallery
from searches.vectors import count_templates, nearest_subjects, remove_templates
from tests.searches.scanned import faces
from tests.searches.test_vectors import Held, contract, grid, random_subjects, store

DIMENSION = 64
_stored: dict[str, list[Held]] = {}


def fill(slug: str, seed: int, people: int) -> str:
    """A gallery of faces, and of people who share vectors to the bit."""
    agency = agency_by_slug(slug)
    assert agency is not None
    rng = np.random.default_rng(seed)
    with scope(agency.pk):
        gallery = create_gallery(
            actor=command_actor("test", agency.pk),
            name=f"Gallery {uuid.uuid4()}",
            source="Made up",
            source_kind=SourceKind.ARREST_PHOTOGRAPHS,
            legal_basis="s. 1",
        )
        subjects = faces(rng, people, DIMENSION)
        for _ in range(4):
            subjects += random_subjects(rng, grid, DIMENSION)
        _stored[str(gallery.pk)] = store(gallery, DIMENSION, subjects)
        return str(gallery.pk)


def compare_made(slug: str, search: str, gallery: str, seed: int, rounds: int) -> dict[str, Any]:
    """Searches of a running search, each seen to give what SQL alone gives."""
    agency = agency_by_slug(slug)
    assert agency is not None
    shards: list[int] = []
    with scope(agency.pk), jobs.claimed(Search, uuid.UUID(search), "probe") as job:
        assert job is not None
        for turn in range(rounds):
            found = _one(job, Gallery.objects.get(pk=gallery), np.random.default_rng(seed + turn))
            shards += [measure.shards for measure in found.scanned.values()]
        left = ScanQuestion.objects.count()
        jobs.pause(job)
    return {"shards": shards, "questions": left}


def _one(job: Search, gallery: Gallery, rng: np.random.Generator) -> Any:
    stored = _stored[str(gallery.pk)]
    if rng.random() < 0.2:
        gone = [stored.pop(int(rng.integers(len(stored)))).image_id for _ in range(3)]
        remove_templates(gone)
        stored += store(gallery, DIMENSION, faces(rng, 2, DIMENSION))
    probe = stored[int(rng.integers(len(stored)))].vector
    without = [one.image_id for one in stored if rng.random() < 0.1] if rng.random() < 0.4 else []
    place: Any = {"contract_pk": contract(DIMENSION).pk, "galleries": [gallery.pk]}
    place["excluded"] = without
    limit = int(rng.integers(2, 51))
    found = compare(probe, limit=limit, search=job, **place)
    assert found.hits == nearest_subjects(probe, limit=limit, **place), "another list than SQL's"
    assert found.templates == count_templates(**place)
    return found
