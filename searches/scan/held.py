"""A gallery as a process maps it: compared with a probe, and changed with PostgreSQL.

The vectors are half precision, as PostgreSQL has them. What it proposes is only ever a hint for
which rows PostgreSQL is asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from searches.scan.codes import Codes
from searches.scan.files import Key, State, folder_of
from searches.scan.halves import Floats, Halves, products

TAIL = 20_000
"""Most templates that may come before the gallery is coded anew; they are compared exactly."""
ID = np.dtype("S16")
"""An image's id. numpy drops zeros at the end of a single one, which `name_of` does as well."""

Ids = NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class Proposed:
    """Images in the order of their distance (the negative cosine), as far as float32 tells.

    `is_all`: no other template is in the gallery.
    """

    images: Ids
    distances: Floats
    is_all: bool


def name_of(image: UUID) -> bytes:
    return image.bytes.rstrip(b"\0")


def ids_of(images: Iterable[UUID]) -> Ids:
    return np.frombuffer(b"".join(image.bytes for image in images), ID)


def uuids_of(images: Ids) -> list[UUID]:
    joined = images.tobytes()
    return [UUID(bytes=joined[at : at + 16]) for at in range(0, len(joined), 16)]


class TailFull(Exception):
    """More has come than is compared exactly: the gallery must be coded anew."""


class Held:
    """The mapped files of one token. Raises OSError or ValueError when they are damaged."""

    def __init__(self, key: Key, state: State, folder: Path | None = None) -> None:
        folder = folder or folder_of(key, state.token)
        rows, dimension = state.rows, state.dimension
        self.token = state.token
        self._shard = key.shard
        self._vectors = _mapped(folder / "vectors", np.float16, (rows, dimension))
        self._ids = _mapped(folder / "ids", ID, (rows,))
        self._order = _mapped(folder / "order", np.uint32, (rows,))
        self._live = _mapped(folder / "live", np.uint8, (rows,))
        centroids = np.fromfile(folder / "centroids", np.float32)
        self._codes = Codes(folder / "codes", rows, dimension, centroids)
        self._tail_vectors = _mapped(folder / "tail_vectors", np.float16, (TAIL, dimension))
        self._tail_ids = _mapped(folder / "tail_ids", ID, (TAIL,))
        self._tail_live = _mapped(folder / "tail_live", np.uint8, (TAIL,))

    def propose(self, probe: Floats, state: State, reranked: int) -> Proposed:
        """The nearest by their codes, compared exactly, with all that came since they were made."""
        most = reranked + state.dead  # a wiped row takes the place of none
        rows = self._codes.nearest(probe, most)
        rows = rows[self._live[rows] == 1]
        tail = np.flatnonzero(self._tail_live[: state.tail])
        images = np.concatenate([self._ids[rows], self._tail_ids[tail]])
        distances = np.concatenate(
            [products(-probe, self._vectors, rows), products(-probe, self._tail_vectors, tail)]
        )
        order = np.argsort(distances, kind="stable")
        return Proposed(images[order], distances[order], is_all=most >= state.rows)

    def changed(self, images: Ids, state: State, now: dict[bytes, Halves]) -> State:
        """Have these images as they are `now`, those without a vector wiped; under the key's lock.

        Those of another shard are passed over. Raises TailFull, and then nothing holds any more.
        """
        images = images[self._shard.has(images)]
        now = {name: vector for name, vector in now.items() if self._is_ours(name)}
        left = state.tail + np.flatnonzero(self._tail_live[state.tail :])
        self._wipe(np.empty(0, np.int64), left)  # of a process that was killed in the middle
        rows, tail = self._find(np.sort(images), state.tail)
        kept = {
            bytes(name) for name, vector in self._live_ones(rows, tail) if _same(vector, now, name)
        }
        rows = rows[[bytes(name) not in kept for name in self._ids[rows]]]
        tail = tail[[bytes(name) not in kept for name in self._tail_ids[tail]]]
        self._wipe(rows, tail)
        new = {name: vector for name, vector in now.items() if name not in kept}
        end = state.tail + len(new)
        if end > TAIL:
            raise TailFull
        if new:
            self._tail_live[state.tail : end] = 1  # first, so that what is left of it is known
            self._tail_ids[state.tail : end] = list(new)
            self._tail_vectors[state.tail : end] = np.stack(list(new.values()))
        return replace(
            state,
            dead=state.rows - int(np.count_nonzero(self._live)),
            tail=end,
            tail_dead=end - int(np.count_nonzero(self._tail_live[:end])),
        )

    def _is_ours(self, name: bytes) -> bool:
        return self._shard.has_image(UUID(bytes=name.ljust(16, b"\0")))

    def count(self, images: Ids, state: State) -> int:
        """How many of these images it has."""
        rows, tail = self._find(np.unique(images), state.tail)
        return len(rows) + len(tail)

    def images_of(self, rows: NDArray[np.int64]) -> Ids:
        found: Ids = self._ids[rows]
        return found

    def vectors_of(self, rows: NDArray[np.int64]) -> Floats:
        found: Floats = self._vectors[rows].astype(np.float32)
        return found

    def blocks(self, rows: int) -> Iterator[tuple[int, Floats]]:
        """All coded vectors, so many at a time, each time with the number of the first."""
        for first in range(0, len(self._vectors), rows):
            yield first, self._vectors[first : first + rows].astype(np.float32)

    def _find(self, images: Ids, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The live rows, coded and in the tail, of these images (sorted)."""
        if not len(images):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        places = np.searchsorted(self._ids, images, sorter=self._order)
        rows = self._order[np.minimum(places, len(self._order) - 1)].astype(np.int64)
        rows = rows[(self._ids[rows] == images) & (self._live[rows] == 1)]
        among = np.isin(self._tail_ids[:end], images) & (self._tail_live[:end] == 1)
        return rows, np.flatnonzero(among)

    def _live_ones(self, rows: NDArray[np.int64], tail: NDArray[np.int64]) -> list[Any]:
        coded = zip(self._ids[rows], self._vectors[rows], strict=True)
        later = zip(self._tail_ids[tail], self._tail_vectors[tail], strict=True)
        return [*coded, *later]

    def _wipe(self, rows: NDArray[np.int64], tail: NDArray[np.int64]) -> None:
        self._live[rows], self._tail_live[tail] = 0, 0
        self._vectors[rows], self._tail_vectors[tail] = 0, 0
        self._codes.wipe(rows)


def _same(vector: Halves, now: dict[bytes, Halves], name: bytes) -> bool:
    there = now.get(bytes(name))
    return there is not None and np.array_equal(there, vector)


def _mapped(path: Path, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    wanted = int(np.prod(shape)) * np.dtype(kind).itemsize
    if path.stat().st_size != wanted:
        raise ValueError(f"{path.name} has not {wanted} bytes")
    return np.asarray(np.memmap(path, kind, "r+", shape=shape))  # plain: quicker to index
