"""Comparing templates: everything with everything, in blocks, so that memory stays bounded.

A similarity is a cosine rounded to six decimals and kept as a whole number of millionths: the
same two templates give the same number wherever they stand in a block, and equal is equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.folder import Indices
from evaluation.metrics_identification import ABSENT, Outcomes, Scores
from evaluation.metrics_verification import Mates, Strangers

STEPS = 1_000_000
"""Steps of the grid from cosine 0 to 1."""
NOTHING = -STEPS - 2
"""Below every similarity: of a mate or a candidate that does not exist."""
BLOCK = 4_000_000
"""Similarities computed at once: about 50 MB with all that is derived from them."""
KEPT = 2_000_000
"""The most similar comparisons between subjects that are kept: 80 MB."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """Outcomes of searching for every picture, and which picture was the best other one."""

    outcomes: Outcomes
    other_picture: Indices


def cosines(rows: Vectors, columns: Vectors) -> Scores:
    """Similarities on the grid, [rows, columns], of templates of length 1."""
    scores = rows @ columns.T
    scores *= STEPS
    np.rint(scores, out=scores)
    return scores.clip(-STEPS, STEPS).astype(np.int32)


def blocks(count: int, columns: int) -> Iterator[slice]:
    """Slices of rows 0..count, each of at most BLOCK values."""
    rows = max(1, BLOCK // max(1, columns))
    for start in range(0, count, rows):
        yield slice(start, min(count, start + rows))


def search_all(vectors: Vectors, subject_of: Indices, enrolled: NDArray[np.bool_]) -> Found:
    """Search for every picture among the enrolled ones, never for itself.

    A subject's similarity is that of its best picture. `vectors` [pictures, dimension].
    """
    columns = np.flatnonzero(enrolled)
    columns = columns[np.argsort(subject_of[columns], kind="stable")]
    there, starts = np.unique(subject_of[columns], return_index=True)
    gallery, ends = vectors[columns], np.append(starts[1:], len(columns))
    at = np.full(len(vectors), -1, np.intp)
    at[columns] = np.arange(len(columns))
    own = np.searchsorted(there, subject_of).clip(max=len(there) - 1)
    own = np.where(there[own] == subject_of, own, -1)
    count = len(vectors)
    mate, other = np.full(count, NOTHING, np.int32), np.full(count, NOTHING, np.int32)
    rank, picture = np.full(count, ABSENT, np.int32), np.zeros(count, np.intp)
    for block in blocks(count, len(columns)):
        scores = cosines(vectors[block], gallery)
        rows, place = np.arange(len(scores)), at[block]
        scores[rows[place >= 0], place[place >= 0]] = NOTHING
        best = np.maximum.reduceat(scores, starts, axis=1)
        has = own[block] >= 0
        mate[block][has] = best[rows[has], own[block][has]]
        rank[block] = (best >= mate[block][:, None]).sum(axis=1)
        best[rows[has], own[block][has]] = NOTHING
        other[block] = best.max(axis=1)
        winner = best.argmax(axis=1)
        for row in rows:
            group = slice(starts[winner[row]], ends[winner[row]])
            picture[block.start + row] = columns[group][scores[row, group].argmax()]
    mated = mate > NOTHING
    rank = np.where(mated, rank, ABSENT).astype(np.int32)
    return Found(Outcomes(subject_of, mated, mate, rank, other), picture)


class _Kept:
    """The most similar comparisons between subjects; all above `floor` are there."""

    def __init__(self, most: int) -> None:
        self.most, self.floor, self.count = most, NOTHING, 0
        self.parts: list[tuple[Scores, Indices, Indices]] = []

    def add(self, scores: Scores, first: Indices, second: Indices) -> None:
        high = scores > self.floor
        self.parts.append((scores[high], first[high], second[high]))
        self.count += int(high.sum())
        if self.count > 2 * self.most:
            self._shrink()

    def _shrink(self) -> None:
        scores, first, second = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        if len(scores) > self.most:
            self.floor = int(np.partition(scores, len(scores) - self.most)[-self.most])
            high = scores > self.floor
            scores, first, second = scores[high], first[high], second[high]
        self.parts, self.count = [(scores, first, second)], len(scores)

    def falling(self) -> tuple[Scores, Indices, Indices]:
        self._shrink()
        scores, first, second = self.parts[0]
        order = np.lexsort((second, first, -scores))
        return scores[order], first[order], second[order]


def compare_all(
    vectors: Vectors, subject_of: Indices, subjects: int, kept: int = KEPT
) -> tuple[Mates, Strangers]:
    """Compare every picture with every other one, once."""
    histogram = np.zeros(2 * STEPS + 1, np.int64)
    high, pairs = _Kept(kept), []
    for block in blocks(len(vectors), len(vectors)):
        scores = cosines(vectors[block], vectors[block.start :])
        later = np.triu(np.ones(scores.shape, np.bool_), 1)
        same = subject_of[block][:, None] == subject_of[block.start :]
        one, other = np.nonzero(later & same)
        pairs.append((scores[one, other], one + block.start, other + block.start))
        later &= ~same
        apart = scores[later]
        histogram += np.bincount(apart + STEPS, minlength=len(histogram))
        later &= scores > high.floor
        one, other = np.nonzero(later)
        high.add(scores[one, other], one + block.start, other + block.start)
    score, first, second = (np.concatenate(part) for part in zip(*pairs, strict=True))
    top, one, other = high.falling()
    counts = np.bincount(subject_of, minlength=subjects).astype(np.intp)
    return (
        Mates(score, subject_of[first], first, second),
        Strangers(histogram, -STEPS, top, one, other, subject_of[one], subject_of[other], counts),
    )


def compare_pairs(vectors: Vectors, first: Indices, second: Indices) -> Scores:
    """Similarities of single pairs, [pairs]."""
    scores = np.einsum("ij,ij->i", vectors[first], vectors[second]) * STEPS
    return np.asarray(np.rint(scores).clip(-STEPS, STEPS), dtype=np.int32)
