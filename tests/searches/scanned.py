"""Galleries of a committed agency that this process holds, in a folder of the test's own."""

import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from searches.models import Gallery
from searches.scan import measuring, nearest
from searches.scan.building import build
from searches.scan.files import Key, State
from searches.scan.planning import Compared, compare
from searches.vectors import Hit, count_templates, nearest_subjects
from tests.searches.test_vectors import contract

Vector = NDArray[np.float32]
DIMENSION = 64


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    path = Path("/dev/shm") / f"candor-test-{uuid.uuid4()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.SCAN_FOLDER", path)
        patch.setattr("django.conf.settings.SCAN_FROM", 1)
        # Small galleries are to be scanned in part, as large ones are.
        patch.setattr(measuring, "RERANKED", (120, 240, 480))
        patch.setattr(measuring, "DEPTHS", (1, 5, 10))
        patch.setattr(nearest, "DEEP", 8)
        yield path
    shutil.rmtree(path, ignore_errors=True)


def key_of(gallery: Gallery, dimension: int = DIMENSION) -> Key:
    return Key(gallery.agency_id, contract(dimension).pk, gallery.pk)


def hold(gallery: Gallery, dimension: int = DIMENSION) -> State:
    state = build(key_of(gallery, dimension))
    assert state is not None
    return state


def faces(rng: np.random.Generator, people: int, dimension: int = DIMENSION) -> list[list[Vector]]:
    """One to four pictures of each of some people, alike as those of a person are."""
    made = []
    for _ in range(people):
        person = rng.normal(size=dimension)
        pictures = []
        for _ in range(int(rng.integers(1, 5))):
            mixed = person + 0.7 * rng.normal(size=dimension)
            pictures.append((mixed / np.linalg.norm(mixed)).astype(np.float32))
        made.append(pictures)
    return made


def both(probe: Vector, galleries: Sequence[Gallery], limit: int, **more: Any) -> Compared:
    """How the portal compares, once it was seen to be what SQL alone gives."""
    dimension = len(probe)
    place: Any = {"contract_pk": contract(dimension).pk, "galleries": [g.pk for g in galleries]}
    exact: list[Hit] = nearest_subjects(probe, limit=limit, **place, **more)
    compared = compare(probe, limit=limit, **place, **more)
    assert compared.hits == exact
    assert compared.templates == count_templates(**place, **more)
    return compared


def bytes_there(folder: Path) -> bytes:
    """Everything that lies in the host's folder, one file after the other."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
