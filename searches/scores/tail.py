"""The most similar few of many: a generalised Pareto distribution over a threshold.

Peaks over a threshold u are modelled by P(S > u + y | S > u) = (1 + xi y / sigma) ** (-1 / xi), and
exp(-y / sigma) where xi is 0 (J. Pickands, Annals of Statistics 3 (1975), 119-131; S. Coles, An
Introduction to Statistical Modeling of Extreme Values, 2001, chapter 4). Fitted by maximum
likelihood, with xi from -0.5 (below it the method is not regular: R. L. Smith, Biometrika 72
(1985), 67-90) to 1. Its goodness of fit is that of Anderson and Darling, whose significance comes
from samples of the fitted distribution that are fitted in turn (the parametric bootstrap).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_SHAPE, MOST_SHAPE = -0.5, 1.0
STEPS = 200
ROUNDS = 199
SEED = 20260101
_FLAT = 1e-6  # shapes closer to 0 are taken as the exponential distribution


@dataclass(frozen=True, slots=True)
class Tail:
    """`shape` is xi, `spread` sigma in units of the similarity; `fits` the significance 0..1."""

    threshold: float
    shape: float
    spread: float
    peaks: int
    fits: float


def fitted_tail(peaks: Floats, threshold: float) -> Tail:
    """The tail over `threshold` of `peaks`, all of them greater than it. Deterministic."""
    excesses = np.asarray(peaks, dtype=np.float64) - threshold
    shape, spread = fit(excesses)
    return Tail(threshold, shape, spread, len(excesses), goodness(excesses, shape, spread))


def fit(excesses: Floats) -> tuple[float, float]:
    """Shape and spread of the greatest likelihood.

    For each theta = xi / sigma the best xi is known, the mean of log(1 + theta y), so that one
    number is looked for (S. D. Grimshaw, Technometrics 35 (1993), 185-191); here along a grid that
    is drawn a second time more closely.
    """
    mean, most = float(excesses.mean()), float(excesses.max())
    edge = -mean / most
    coarse = np.concatenate(
        [np.linspace(0.999 * edge, -1e-4, STEPS), np.geomspace(1e-4, 50, STEPS)]
    )
    best = coarse[_best(excesses / mean, coarse)]
    around = max(0.02 * abs(best), (1e-4 - 0.999 * edge) / STEPS) * 1.2
    fine = np.linspace(max(best - around, 0.9999 * edge), best + around, STEPS)
    theta = fine[_best(excesses / mean, fine)]
    shape = float(np.clip(np.log1p(theta * excesses / mean).mean(), LEAST_SHAPE, MOST_SHAPE))
    if abs(shape) < _FLAT or abs(theta) < _FLAT:
        return 0.0, mean
    return shape, float(shape / theta * mean)


def _best(scaled: Floats, thetas: Floats) -> int:
    """Where the likelihood is greatest, of shapes that are allowed."""
    shapes = np.log1p(thetas[:, None] * scaled).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = -np.log(shapes / thetas) - shapes - 1
    likelihood[(shapes < LEAST_SHAPE) | (shapes > MOST_SHAPE)] = -np.inf
    likelihood[~np.isfinite(likelihood)] = -np.inf
    return int(likelihood.argmax())


def beyond(excess: Floats | float, shape: Floats | float, spread: Floats | float) -> Floats:
    """P(S > u + excess | S > u), broadcast; 0 beyond the end of a distribution that has one."""
    shape = np.asarray(shape, dtype=np.float64)
    flat = np.abs(shape) < _FLAT
    safe = np.where(flat, 1.0, shape)
    inside = np.maximum(1 + safe * excess / spread, 0.0)
    with np.errstate(divide="ignore"):
        curved = np.where(inside > 0, inside, 1.0) ** (-1 / safe)
    return np.where(flat, np.exp(-excess / spread), np.where(inside > 0, curved, 0.0))


def goodness(excesses: Floats, shape: float, spread: float) -> float:
    """The share of samples of the fitted tail that fit it no better, 0..1."""
    rng = np.random.default_rng(SEED)
    seen = _distance(excesses, shape, spread)
    worse = 0
    for _round in range(ROUNDS):
        drawn = sample(rng, len(excesses), shape, spread)
        worse += _distance(drawn, *fit(drawn)) >= seen
    return (worse + 1) / (ROUNDS + 1)


def sample(rng: np.random.Generator, n: int, shape: float, spread: float) -> Floats:
    """`n` excesses of a tail, by inversion."""
    drawn = rng.exponential(size=n)
    return spread * (drawn if abs(shape) < _FLAT else np.expm1(shape * drawn) / shape)


def _distance(excesses: Floats, shape: float, spread: float) -> float:
    """Anderson and Darling's A squared (JASA 49 (1954), 765-769)."""
    n = len(excesses)
    above = np.clip(beyond(np.sort(excesses), shape, spread), 1e-12, 1 - 1e-12)
    weights = 2 * np.arange(1, n + 1) - 1
    return float(-n - (weights * (np.log1p(-above) + np.log(above[::-1]))).sum() / n)
