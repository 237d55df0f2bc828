"""Error rates of 1:N searches, after NIST's definitions.

NIST IR 8271 (FRTE, formerly FRVT, part 2: identification), section 3; ISO/IEC 19795-1. A search of
a gallery of N subjects gives a list of candidates, the most similar first.

    FPIR(N, T)    = non-mated searches with at least one candidate at or above T
                    / non-mated searches
    FNIR(N, R, T) = mated searches whose mate is not among the first R, or is below T
                    / mated searches

Investigation: T is so low that every search returns its list, and a person looks at the first R.
The hit rate at rank R is 1 - FNIR(N, R, 0); the row of all of them is the cumulative match
characteristic (CMC). Identification: T is set so that FPIR is small; the curve of FNIR over FPIR
is the detection error trade-off (DET).

Similarities are whole numbers on a grid (`scoring`), so that equal is equal. A mate that shares its
similarity with another subject stands behind it: ties count against the engine. `weights` is how
often each subject counts [subjects]; all ones give the rates of the folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Floats
from evaluation.folder import Indices

Scores = NDArray[np.int32]
LIST = 50
"""The longest list of candidates that NIST reports and Candor gives."""
ABSENT = np.iinfo(np.int32).max
"""The rank of a mate that is on no list."""


@dataclass(frozen=True)
class Outcomes:
    """What searches found, a row for each.

    `subject` is who is on the searched picture. Of a mated search, `mate` is the similarity of the
    subject's own best picture and `rank` its place among the subjects, from 1. `other` is that of
    the best other subject: the best candidate of the search if the subject were not enrolled.
    """

    subject: Indices
    mated: NDArray[np.bool_]
    mate: Scores
    rank: NDArray[np.int32]
    other: Scores

    @cached_property
    def by_other(self) -> Indices:
        """All searches, the most similar non-mate first."""
        return np.argsort(-self.other, kind="stable")

    @cached_property
    def by_mate(self) -> Indices:
        """All searches, the least similar mate first."""
        return np.argsort(self.mate, kind="stable")

    @cached_property
    def mates(self) -> "Outcomes":
        """The mated searches alone."""
        kept = self.mated
        return Outcomes(
            self.subject[kept],
            self.mated[kept],
            self.mate[kept],
            self.rank[kept],
            self.other[kept],
        )


def hit_rates(found: Outcomes, weights: Floats, most: int = LIST) -> Floats:
    """1 - FNIR(N, R, 0) for R = 1..most, [most]; NaN without a mated search."""
    mates = found.mates
    counted = weights[mates.subject]
    place = np.minimum(mates.rank, most + 1)
    at_rank = np.bincount(place, weights=counted, minlength=most + 2).astype(np.float64)
    return _share(at_rank.cumsum()[1 : most + 1], counted.sum())


def miss_rates(
    found: Outcomes, weights: Floats, thresholds: Sequence[int] | Indices, most: int = LIST
) -> Floats:
    """FNIR(N, most, T) for each threshold T, [thresholds]; NaN without a mated search."""
    mates = found.mates
    counted = weights[mates.subject]
    listed = np.where(mates.rank <= most, counted, 0.0)[mates.by_mate]
    below = np.concatenate([[0.0], np.cumsum(listed)])
    place = np.searchsorted(mates.mate[mates.by_mate], thresholds, side="left")
    return _share(counted.sum() - (below[-1] - below[place]), counted.sum())


def false_positive_rates(
    found: Outcomes, weights: Floats, thresholds: Sequence[int] | Indices
) -> Floats:
    """FPIR(N, T) for each threshold T, [thresholds], each search without its own subject."""
    order = found.by_other[::-1]
    counted = np.cumsum(weights[found.subject][order])
    below = np.concatenate([[0.0], counted])
    place = np.searchsorted(found.other[order], thresholds, side="left")
    return _share(below[-1] - below[place], below[-1])


def thresholds_for(found: Outcomes, weights: Floats, targets: Sequence[float]) -> Indices:
    """The lowest threshold of the grid with FPIR(N, T) at most each target, [targets].

    The search that would be one too many is passed by one step of the grid.
    """
    order = found.by_other
    counted = np.cumsum(weights[found.subject][order])
    return lowest_thresholds(found.other[order], counted, counted[-1], targets)


def lowest_thresholds(
    falling: Scores, counted: Floats, total: float, targets: Sequence[float]
) -> Indices:
    """The lowest T at or above which at most `target * total` counts; see `thresholds_for`.

    `falling` are similarities from the highest down and `counted` how many there are down to each.
    """
    allowed = np.asarray(targets, dtype=np.float64) * total * (1.0 + 1e-12)
    place = np.searchsorted(counted, allowed, side="right")
    lowest = int(falling[-1])
    all_allowed = place >= len(falling)
    one_too_many = falling[np.minimum(place, len(falling) - 1)].astype(np.intp)
    return np.where(all_allowed, lowest, one_too_many + 1).astype(np.intp)


def _share(part: Floats, whole: float) -> Floats:
    return part / whole if whole > 0 else np.full(np.shape(part), np.nan)
