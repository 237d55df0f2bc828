"""Scores made by chance, and error rates counted one by one as the definitions read."""

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics_identification import ABSENT, Outcomes
from evaluation.metrics_verification import Mates, Strangers

Vectors = NDArray[np.float32]


def people(subjects: int, seed: int, most: int = 4) -> tuple[Vectors, NDArray[np.intp]]:
    """Templates [pictures, 16] of length 1, 1 to `most` for each subject, and whose they are."""
    random = np.random.default_rng(seed)
    counts = random.integers(1, most + 1, subjects)
    subject_of = np.repeat(np.arange(subjects), counts)
    centres = random.normal(size=(subjects, 16))
    vectors = centres[subject_of] + 0.9 * random.normal(size=(len(subject_of), 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), subject_of.astype(np.intp)


def similarity(one: NDArray[np.float32], other: NDArray[np.float32]) -> int:
    return int(np.rint(np.float64(one.astype(np.float64) @ other.astype(np.float64)) * 1e6))


def outcomes_by_hand(
    vectors: Vectors, subject_of: NDArray[np.intp], enrolled: NDArray[np.bool_]
) -> list[tuple[int | None, int | None, int]]:
    """(similarity of the mate, its rank, similarity of the best other) of each search."""
    found = []
    for probe in range(len(vectors)):
        best: dict[int, int] = {}
        for picture in np.flatnonzero(enrolled):
            if picture == probe:
                continue
            subject = int(subject_of[picture])
            score = similarity(vectors[probe], vectors[picture])
            best[subject] = max(best.get(subject, -(10**9)), score)
        mate = best.pop(int(subject_of[probe]), None)
        rank = None if mate is None else 1 + sum(score >= mate for score in best.values())
        found.append((mate, rank, max(best.values())))
    return found


def table(rows: list[tuple[int, int | None, int | None, int]]) -> Outcomes:
    """Outcomes from (subject, mate's similarity, its rank, best other similarity)."""
    low = np.iinfo(np.int32).min
    return Outcomes(
        subject=np.array([row[0] for row in rows], dtype=np.intp),
        mated=np.array([row[1] is not None for row in rows]),
        mate=np.array([low if row[1] is None else row[1] for row in rows], dtype=np.int32),
        rank=np.array([ABSENT if row[2] is None else row[2] for row in rows], dtype=np.int32),
        other=np.array([row[3] for row in rows], dtype=np.int32),
    )


def chance_table(searches: int, seed: int) -> Outcomes:
    """Searches of 30 subjects with similarities 0..40: many are equal."""
    random = np.random.default_rng(seed)
    rows: list[tuple[int, int | None, int | None, int]] = []
    for _ in range(searches):
        mated = random.random() < 0.7
        mate, rank = int(random.integers(0, 41)), int(random.integers(1, 70))
        other = int(random.integers(0, 41))
        subject = int(random.integers(0, 30))
        rows.append((subject, mate if mated else None, rank if mated else None, other))
    return table(rows)


def mates_of(scores: list[int], subjects: list[int]) -> Mates:
    nobody = np.zeros(len(scores), np.intp)
    subject = np.array(subjects, dtype=np.intp)
    return Mates(np.array(scores, dtype=np.int32), subject, nobody, nobody)


def strangers_of(scores: list[int], first: list[int], second: list[int]) -> Strangers:
    """Listed comparisons between subjects on a grid from 0 to 100."""
    order = np.argsort(-np.array(scores), kind="stable")
    one, other = np.array(first, np.intp)[order], np.array(second, np.intp)[order]
    score = np.array(scores, np.int32)[order]
    histogram = np.bincount(score, minlength=101).astype(np.int64)
    return Strangers(histogram, 0, score, one, other, one, other, None)
