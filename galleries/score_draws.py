"""Whose faces are searched for, and how similar the most similar stranger is to each. No models.

Templates go by in blocks, twice: once to draw faces, once to compare them with everybody else's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from heapq import heappush, heapreplace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from searches.scores.drawing import MOST_SEARCHES
from searches.template_rows import TemplateBlock

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Drawn:
    """`subjects` in the order in which they were drawn, and `vectors` float32 [n, d], normalised.

    `people` is how many the blocks held.
    """

    subjects: list[UUID]
    vectors: Matrix
    people: int

    def first(self, n: int) -> "Drawn":
        return Drawn(self.subjects[:n], self.vectors[:n], self.people)


def draw(blocks: Iterable[TemplateBlock], seed: UUID) -> Drawn:
    """Up to MOST_SEARCHES people by lot, each with the first of their pictures.

    The lot of a subject is a hash with `seed`, so that it is the same wherever their pictures come.
    """
    known: set[bytes] = set()
    kept: list[tuple[int, bytes, NDArray[np.float16]]] = []
    for block in blocks:
        for subject, vector in zip(block.subjects, block.vectors, strict=True):
            if subject.bytes in known:
                continue
            known.add(subject.bytes)
            lot = _lot(subject, seed)
            if len(kept) < MOST_SEARCHES:
                heappush(kept, (-lot, subject.bytes, vector.copy()))
            elif -lot > kept[0][0]:
                heapreplace(kept, (-lot, subject.bytes, vector.copy()))
    kept.sort(key=lambda one: (-one[0], one[1]))
    subjects = [UUID(bytes=name) for _lot_of, name, _vector in kept]
    vectors = _unit(np.array([vector for _lot_of, _name, vector in kept], dtype=np.float32))
    return Drawn(subjects, vectors, len(known))


def tops(drawn: Drawn, blocks: Iterable[TemplateBlock]) -> NDArray[np.float64]:
    """The greatest cosine of each drawn face to a template of anybody who was not drawn, [n].

    -inf where there is nobody else.
    """
    left_out = set(drawn.subjects)
    best = np.full(len(drawn.subjects), -np.inf, dtype=np.float32)
    for block in blocks:
        others = np.array([subject not in left_out for subject in block.subjects])
        if others.any():
            rows = _unit(block.vectors[others].astype(np.float32))
            np.maximum(best, (drawn.vectors @ rows.T).max(axis=1), out=best)
    return best.astype(np.float64)


def _lot(subject: UUID, seed: UUID) -> int:
    return int.from_bytes(blake2b(subject.bytes, digest_size=8, key=seed.bytes).digest(), "big")


def _unit(rows: Matrix) -> Matrix:
    """Half precision is not exact: every vector has the length 1 again."""
    if not len(rows):
        return rows.reshape(0, 0)
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
