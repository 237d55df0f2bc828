"""Error against discard: does a measure of quality know which pictures will be missed?

P. Grother, E. Tabassi, Performance of biometric quality measures, IEEE PAMI 29 (2007), 531-543;
ISO/IEC 29794-1. The threshold is fixed so that START of the comparisons within subjects are
missed. Then the pictures of least quality are left out, more and more of them, and FNMR is counted
anew over the comparisons of which both pictures stay. A measure that orders pictures well makes
it fall; one that says nothing leaves it where it is. The area below the curve up to MOST_JUDGED,
over that of a flat one, is one number for ranking: 0 is best, 1 is no better than chance.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Floats
from evaluation.metrics_verification import Mates

START = 0.05
FRACTIONS: Sequence[float] = tuple(step / 20 for step in range(11))  # 0 to 0.5
MOST_JUDGED = 0.2


def start_threshold(mates: Mates) -> int:
    """The highest threshold of the grid that misses at most START of the comparisons."""
    allowed = int(START * len(mates.score) * (1.0 + 1e-12))
    return int(mates.score[mates.rising[min(allowed, len(mates.score) - 1)]])


def kept_until(quality: Floats) -> Floats:
    """The share of pictures that are of less quality than each, [pictures]; in order if equal."""
    order = np.argsort(quality, kind="stable")
    shares = np.empty(len(quality))
    shares[order] = np.arange(len(quality)) / len(quality)
    return shares


def discard_counts(
    mates: Mates,
    kept: Floats,
    threshold: int,
    subjects: int,
    fractions: Sequence[float] = FRACTIONS,
) -> tuple[Floats, Floats]:
    """Comparisons left after leaving out each fraction of the pictures, and those of them that are
    missed; both [subjects, fractions]. `kept` is `kept_until` of the measure.
    """
    stays = np.minimum(kept[mates.first], kept[mates.second])
    place = np.searchsorted(np.asarray(fractions), stays + 1e-12, side="right") - 1
    cell = mates.subject * len(fractions) + place

    def counted(chosen: NDArray[np.bool_]) -> Floats:
        cells = np.bincount(cell[chosen], minlength=subjects * len(fractions))
        table = cells.reshape(subjects, len(fractions)).astype(np.float64)
        return table[:, ::-1].cumsum(axis=1)[:, ::-1]

    everything = np.ones(len(cell), np.bool_)
    return counted(everything), counted(mates.score < threshold)


def discard_curve(left: Floats, missed: Floats, weights: Floats) -> Floats:
    """FNMR after leaving out each fraction, [fractions]; NaN where nothing is left."""
    whole = weights @ left
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, weights @ missed / whole, np.nan), dtype=np.float64)


def area_ratio(curve: Floats, fractions: Sequence[float] = FRACTIONS) -> float:
    """The area below the curve up to MOST_JUDGED over that of a flat curve; NaN if it has none."""
    judged = np.asarray(fractions) <= MOST_JUDGED + 1e-12
    flat = curve[0] * MOST_JUDGED
    area = float(np.trapezoid(curve[judged], np.asarray(fractions)[judged]))
    return area / flat if flat > 0 and np.isfinite(area) else float("nan")
