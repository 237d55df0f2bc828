"""How similar the most similar stranger is: what searches of unrelated faces in a gallery showed.

The interval is that of counting, at every similarity: it holds whatever distribution the engine
has. The fitted tail gives the rate itself where few searches reached a similarity, and never one
outside the interval. (Intervals of the fitted tail itself, by profile likelihood, are narrower and
held the true rate too rarely: docs/scores.md.)
"""

from dataclasses import dataclass

import numpy as np

from searches.scores.figure import Basis, Figure, exact_interval
from searches.scores.growth import grown, grown_interval
from searches.scores.tail import Floats, Tail, beyond, fitted_tail

LEAST_SEARCHES = 300
"""Below so many searches nothing is measured: none of 300 shows a rate of at most 1 in 100."""
PEAK_SHARE, LEAST_PEAKS = 0.1, 50
"""The most similar tenth, and at least 50, are the tail."""
LEAST_FIT = 0.05
"""A tail that fits with less significance is not used: rates are counted instead."""
FARTHEST = 0.2
"""The lowest rate that a fitted tail tells is so many searches out of all that were made."""
HALVINGS = 60


@dataclass(frozen=True)
class Distribution:
    """`similarities` of the most similar stranger in each search, among `searched` people.

    Ascending. The searches are independent of each other: none of the people whose faces were
    searched for is among those who were compared. `tail` is None where it could not be fitted.
    """

    similarities: Floats
    searched: int
    tail: Tail | None

    @property
    def n(self) -> int:
        return len(self.similarities)

    @property
    def is_measured(self) -> bool:
        return self.n >= LEAST_SEARCHES and self.searched > 0

    @property
    def is_fitted(self) -> bool:
        return self.tail is not None and self.tail.fits >= LEAST_FIT

    def figure_at(self, similarity: float, subjects: int) -> Figure | None:
        """What a similarity is worth in a gallery of `subjects` people; None: not measured."""
        if not self.is_measured or subjects < 1:
            return None
        count = self.n - int(np.searchsorted(self.similarities, similarity, side="left"))
        low, high = exact_interval(count, self.n)
        rate, basis = self._rate(similarity, count, low, high)
        low, high = grown_interval(low, high, self.searched, subjects)
        return Figure(
            rate=None if rate is None else grown(rate, self.searched, subjects),
            low=low,
            high=high,
            least=grown(self._least, self.searched, subjects),
            n=self.n,
            subjects=subjects,
            basis=basis,
        )

    def threshold_for(self, rate: float, subjects: int) -> float | None:
        """The similarity that this share 0..1 of searches of strangers reaches; None: not measured.

        For display: whether a candidate passes is asked of its figure.
        """
        here = self.figure_at(-1.0, subjects)
        if here is None or not here.least <= rate < 1:
            return None
        below, above = -1.0, float(self.similarities[-1]) + 1.0
        for _halving in range(HALVINGS):
            middle = (below + above) / 2
            figure = self.figure_at(middle, subjects)
            passes = figure is not None and figure.is_within(rate)
            below, above = (below, middle) if passes else (middle, above)
        return above

    @property
    def _least(self) -> float:
        """The lowest rate that can be told among those who were compared."""
        return (FARTHEST if self.is_fitted else 1.0) / self.n

    def _rate(
        self, similarity: float, count: int, low: float, high: float
    ) -> tuple[float | None, Basis]:
        tail = self.tail
        if tail is None or not self.is_fitted or similarity <= tail.threshold:
            return (count / self.n, Basis.COUNTED) if count else (None, Basis.BEYOND)
        over = beyond(similarity - tail.threshold, tail.shape, tail.spread)
        rate = min(max(float(over) * tail.peaks / self.n, low), high)
        return (rate, Basis.FITTED) if rate >= self._least else (None, Basis.BEYOND)


def distribution_of(similarities: Floats, searched: int) -> Distribution:
    """Sort and fit; similarities may come in any order."""
    ordered = np.sort(np.asarray(similarities, dtype=np.float64))
    return Distribution(ordered, searched, _tail_of(ordered))


def _tail_of(ordered: Floats) -> Tail | None:
    if len(ordered) < max(LEAST_SEARCHES, 2 * LEAST_PEAKS):
        return None
    peaks = max(LEAST_PEAKS, round(PEAK_SHARE * len(ordered)))
    threshold = float(ordered[-peaks - 1])
    over = ordered[ordered > threshold]
    # Where many are equally similar there is nothing to fit.
    if len(over) < LEAST_PEAKS / 2 or over[-1] - over[0] < 1e-6:
        return None
    return fitted_tail(over, threshold)
