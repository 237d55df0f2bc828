"""Plain facts for the rules: made-up searches at made-up times, with faces as unit vectors."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from oversight.misuse.facts import CaseFact, PersonFact, Scale, SearchFact, UseFact, World
from searches.services.searched_faces import OpenedFace

ZONE = ZoneInfo("Europe/Paris")
# A Wednesday's noon, and a threshold of which the numbers below are easy: 0.9, 0.95, 0.875.
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=ZONE)
SCALE = Scale(same=0.9, surely=0.95, different=0.875)
CONTRACT = "c"


def case_id(number: int) -> UUID:
    return UUID(int=number)


def search(days: float = 10, *, case: int = 1, person: int | None = 1, **more: Any) -> SearchFact:
    """A search so many days ago."""
    return SearchFact(uuid.uuid4(), case_id(case), person, NOW - timedelta(days=days), **more)


def at_cosine(cosine: float) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """A unit vector whose cosine with `at_cosine(1)` is that."""
    return np.array([cosine, np.sqrt(1 - cosine**2), 0, 0], np.float32)


def nobody_else(number: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Unit vectors at right angles: clearly different people."""
    vector = np.zeros(32, np.float32)
    vector[number] = 1
    return vector


def world(
    searches: Iterable[SearchFact],
    *,
    faces: "Sequence[np.ndarray[Any, np.dtype[np.float32]]]" = (),
    owners: dict[int, int | None] | None = None,
    opener: int | None = None,
    people: Sequence[PersonFact] = (),
    uses: Sequence[UseFact] = (),
) -> World:
    """The searches in the order of time; `faces` are those of the first searches given."""
    given = list(searches)
    owned = owners or {}
    numbers = {one.case.int for one in given} | set(owned)
    return World(
        now=NOW,
        searches=tuple(sorted(given, key=lambda one: one.at)),
        cases={case_id(n): CaseFact(case_id(n), opener, owned.get(n, 99)) for n in numbers},
        people={one.id: one for one in people},
        faces={one.id: OpenedFace(CONTRACT, face) for one, face in zip(given, faces, strict=False)},
        scales={CONTRACT: SCALE},
        uses=tuple(uses),
    )
