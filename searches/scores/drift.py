"""Whether two measurements of a gallery differ by more than chance and growth.

Of two samples of greatest similarities, among N1 and N2 people, the one of the smaller gallery is
grown to the size of the other: F ** k with k the ratio of the sizes (as in growth.py). The greatest
distance D of the two distribution functions is that of Kolmogorov and Smirnov (N. Smirnov, Annals
of Mathematical Statistics 19 (1948), 279-281). |F ** k - G ** k| is at most k |F - G|, so D / k is
asked for its significance: never too small. A small D is no shift however certain it is. Where
several source registers or several earlier measurements are looked at, each significance counts so
many times (Bonferroni).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
from scipy.special import kolmogorov

from searches.scores.distribution import Distribution
from searches.scores.tail import Floats

LEVEL = 0.01
LEAST_DISTANCE = 0.1
"""Of two distribution functions: a tenth of all searches lie elsewhere."""
LEAST_OF_REGISTER = 100
"""Searches of a source register at either measurement. Of 100 each, a quarter must lie elsewhere
to be seen; of 500 each, a tenth."""


@dataclass(frozen=True, slots=True)
class Shift:
    """`distance` 0..1 of the distributions, its `significance`, and the middle of each."""

    distance: float
    significance: float
    before: float
    after: float

    @property
    def is_shift(self) -> bool:
        return self.significance < LEVEL and self.distance >= LEAST_DISTANCE

    def as_json(self) -> dict[str, Any]:
        return {name: round(value, 6) for name, value in asdict(self).items()} | {
            "is_shift": self.is_shift
        }


def shift_between(before: Distribution, after: Distribution) -> Shift | None:
    """Compare two measurements of one gallery under one contract; None: too few searches."""
    if not (before.is_measured and after.is_measured):
        return None
    return _shift(before, after)


def register_shifts(
    before: Mapping[str, Distribution], after: Mapping[str, Distribution]
) -> dict[str, Shift]:
    """The same of each source register by name; those of too few searches are missing."""
    seen = {
        name: _shift(before[name], one)
        for name, one in after.items()
        if name in before and min(before[name].n, one.n) >= LEAST_OF_REGISTER
    }
    return {name: one_of(len(seen), shift) for name, shift in seen.items()}


def one_of(looks: int, shift: Shift) -> Shift:
    """The same where so many were looked at, any of which may have been chance."""
    return replace(shift, significance=min(1.0, looks * shift.significance))


def _shift(before: Distribution, after: Distribution) -> Shift:
    ratio = after.searched / before.searched
    at = np.concatenate([before.similarities, after.similarities])
    first = _share_up_to(before, at) ** max(1.0, ratio)
    second = _share_up_to(after, at) ** max(1.0, 1 / ratio)
    distance = float(np.abs(first - second).max())
    pairs = before.n * after.n / (before.n + after.n)
    significance = float(kolmogorov(sqrt(pairs) * distance / max(ratio, 1 / ratio)))
    middles = (float(np.median(one.similarities)) for one in (before, after))
    return Shift(distance, significance, *middles)


def _share_up_to(one: Distribution, at: Floats) -> Floats:
    share: Floats = np.searchsorted(one.similarities, at, side="right") / one.n
    return share
