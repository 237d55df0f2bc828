"""95 % intervals by resampling subjects.

Pictures of one person are no independent trials: who is hard to recognise, is so again. So whole
subjects are drawn, with replacement, as often as there are subjects; a picture's trials count as
often as its subject was drawn, a comparison of two subjects as often as the product of both (the
vertex bootstrap: T. Snijders, S. Borgatti, Connections 22 (1999), 61-70; for face verification R.
Fogliato, P. Patil, P. Perona, IJCV 132 (2024)). The interval is from the 2.5th to the 97.5th
percentile of the drawn values (B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993).

Where not one error was seen, drawing again shows none either. There the bound is that of Clopper
and Pearson for 0 errors of as many trials as there are subjects: 1 - 0.025^(1 / n).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evaluation.rates import Rate

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""From how often each subject counts [subjects] to some values [k]; NaN where there is none."""

ROUNDS = 1000
SEED = 20260101
TAIL = 0.025


def draws(statistic: Statistic, subjects: int, rounds: int, seed: int) -> Floats:
    """The values of `statistic` in each round, [rounds, k].

    The n-th round of a seed draws the same subjects for every statistic and every engine, so that
    differences between engines are paired.
    """
    return np.array([statistic(weights_of(subjects, seed, n)) for n in range(rounds)])


def weights_of(subjects: int, seed: int, round_number: int) -> Floats:
    """How often each subject was drawn in a round, [subjects]; they sum to `subjects`."""
    drawn = np.random.default_rng([seed, round_number]).integers(0, subjects, subjects)
    return np.bincount(drawn, minlength=subjects).astype(np.float64)


def interval(value: float, drawn: Floats, subjects: int) -> tuple[float, float]:
    """The 95 % interval of a share 0..1 from its drawn values [rounds] of `subjects` people.

    Rounds in which it had no value are left out. It always holds `value` itself.
    """
    known = drawn[np.isfinite(drawn)]
    low, high = np.quantile(known, [TAIL, 1 - TAIL]) if len(known) else (0.0, 1.0)
    reach = 1.0 - TAIL ** (1.0 / max(1, subjects))
    if value <= 0.0:
        high = max(high, reach)
    if value >= 1.0:
        low = min(low, 1.0 - reach)
    return min(float(low), value), max(float(high), value)


def rate(value: float, drawn: Floats, trials: int, subjects: int) -> Rate:
    """A share with its interval."""
    return Rate(value, *interval(value, drawn, subjects), trials, subjects)


def difference(mine: Floats, other: Floats) -> tuple[float, float]:
    """The 95 % interval of `mine` - `other`, both [rounds] of the same seed."""
    apart = mine - other
    known = apart[np.isfinite(apart)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [TAIL, 1 - TAIL])
    return float(low), float(high)
