"""Error rates of 1:1 comparisons, after ISO/IEC 19795-1 and NIST IR 8271.

    FMR(T)  = comparisons of two people with a similarity of at least T / comparisons of two people
    FNMR(T) = comparisons of one person's pictures below T / comparisons of one person's pictures

The receiver operating characteristic (ROC) is 1 - FNMR over FMR. Similarities are whole numbers on
a grid. `weights` is how often each subject counts [subjects]; a comparison of two people counts as
often as the product of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Floats
from evaluation.folder import Indices
from evaluation.metrics_identification import Scores, lowest_thresholds

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Mates:
    """Comparisons within subjects: similarity, subject, and the two pictures, [comparisons]."""

    score: Scores
    subject: Indices
    first: Indices
    second: Indices

    @cached_property
    def rising(self) -> Indices:
        return np.argsort(self.score, kind="stable")


@dataclass(frozen=True)
class Strangers:
    """Comparisons between subjects, of which there are too many to keep each.

    `histogram` counts them by similarity, from `lowest` on in steps of the grid. The most similar
    ones are kept, the highest first: similarity, the two pictures and their subjects. `pictures_of`
    is how many pictures of each subject were compared, all with all; None when single pairs were
    listed, and then every one is kept.
    """

    histogram: Counts
    lowest: int
    score: Scores
    first: Indices
    second: Indices
    first_subject: Indices
    second_subject: Indices
    pictures_of: Indices | None

    @property
    def total(self) -> int:
        return int(self.histogram.sum())

    @cached_property
    def at_least(self) -> Counts:
        """How many comparisons there are at or above each place of the histogram."""
        return np.cumsum(self.histogram[::-1])[::-1]

    @property
    def is_whole(self) -> bool:
        return len(self.score) == self.total

    def covers(self, target: float) -> bool:
        """Whether enough are kept to draw again at an FMR of `target`."""
        return self.is_whole or 1.5 * target * self.total <= len(self.score)

    def weight(self, weights: Floats) -> float:
        """How much all comparisons count together."""
        if self.pictures_of is None:
            return float((weights[self.first_subject] * weights[self.second_subject]).sum())
        counted = weights * self.pictures_of
        return float((counted.sum() ** 2 - (counted**2).sum()) / 2)


def false_match_rates(strangers: Strangers, thresholds: Sequence[int] | Indices) -> Floats:
    """FMR(T) for each threshold T, [thresholds]."""
    at_least = np.append(strangers.at_least, 0)
    place = np.clip(np.asarray(thresholds) - strangers.lowest, 0, len(strangers.histogram))
    rates: Floats = at_least[place] / strangers.total
    return rates


def match_thresholds(strangers: Strangers, targets: Sequence[float] | Floats) -> Indices:
    """The lowest threshold of the grid with FMR(T) at most each target, [targets]."""
    allowed = np.asarray(targets, dtype=np.float64) * strangers.total * (1.0 + 1e-12)
    rising = strangers.at_least[::-1]  # from the highest similarity down
    place = len(rising) - np.searchsorted(rising, allowed, side="right")
    return (place + strangers.lowest).astype(np.intp)


def drawn_match_thresholds(
    strangers: Strangers, weights: Floats, targets: Sequence[float]
) -> Indices:
    """`match_thresholds` with subjects that count differently, from the comparisons kept."""
    kept = weights[strangers.first_subject] * weights[strangers.second_subject]
    total = strangers.weight(weights)
    return lowest_thresholds(strangers.score, np.cumsum(kept), total, targets)


def false_non_match_rates(
    mates: Mates, weights: Floats, thresholds: Sequence[int] | Indices
) -> Floats:
    """FNMR(T) for each threshold T, [thresholds]; NaN without a comparison."""
    counted = weights[mates.subject][mates.rising]
    below = np.concatenate([[0.0], np.cumsum(counted)])
    place = np.searchsorted(mates.score[mates.rising], thresholds, side="left")
    if not len(counted) or below[-1] <= 0:
        return np.full(len(place), np.nan)
    return np.asarray(below[place] / below[-1], dtype=np.float64)
