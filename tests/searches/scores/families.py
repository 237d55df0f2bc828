"""How similar strangers are, by several engines that could be: with the true rates known.

Each gives the most similar of many strangers directly, by inversion, so that galleries of 200,000
people cost nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq

Floats = NDArray[np.float64]
FACES, WEIGHTS = hermegauss(80)


class Family(Protocol):
    def tops(self, rng: np.random.Generator, n: int, people: int) -> Floats: ...

    def rate(self, similarity: float, people: int) -> float: ...


def chance(rng: np.random.Generator, n: int, people: int | Floats) -> Floats:
    """How rare the greatest of so many is, for each of `n`: 1 - U ** (1 / people)."""
    rare: Floats = -np.expm1(np.log(rng.random(n)) / people)
    return rare


@dataclass(frozen=True)
class Plain:
    """Every two strangers are as likely to be as similar."""

    law: Any

    def tops(self, rng: np.random.Generator, n: int, people: int) -> Floats:
        return np.asarray(self.law.isf(chance(rng, n, people)))

    def rate(self, similarity: float, people: int) -> float:
        return float(-np.expm1(people * np.log1p(-min(self.law.sf(similarity), 1 - 1e-15))))


@dataclass(frozen=True)
class Lookalikes:
    """A small share of all pairs look alike, as siblings do."""

    law: Any
    alike: Any
    share: float

    def tops(self, rng: np.random.Generator, n: int, people: int) -> Floats:
        pairs = rng.binomial(people, self.share, n).astype(np.float64)
        usual = self.law.isf(chance(rng, n, np.maximum(people - pairs, 1.0)))
        alike = self.alike.isf(chance(rng, n, np.maximum(pairs, 1.0)))
        return np.asarray(np.where(pairs > 0, np.maximum(usual, alike), usual))

    def rate(self, similarity: float, people: int) -> float:
        usual, alike = self.law.sf(similarity), self.alike.sf(similarity)
        over = min((1 - self.share) * usual + self.share * alike, 1 - 1e-15)
        return float(-np.expm1(people * np.log1p(-over)))


@dataclass(frozen=True)
class Wolves:
    """Some faces resemble everybody more than others do, so that rates grow more slowly."""

    law: Any
    apart: float

    def tops(self, rng: np.random.Generator, n: int, people: int) -> Floats:
        usual = self.law.isf(chance(rng, n, people))
        return np.asarray(self.apart * rng.standard_normal(n) + usual)

    def rate(self, similarity: float, people: int) -> float:
        over = np.minimum(self.law.sf(similarity - self.apart * FACES), 1 - 1e-15)
        return float((WEIGHTS * -np.expm1(people * np.log1p(-over))).sum() / WEIGHTS.sum())


FAMILIES: dict[str, Callable[[np.random.Generator, int], Family]] = {
    "gaussian": lambda rng, people: Plain(stats.norm(0.1, 0.1)),
    "student 3": lambda rng, people: Plain(stats.t(3, 0, 0.05)),
    "student 8": lambda rng, people: Plain(stats.t(8, 0, 0.05)),
    "gamma": lambda rng, people: Plain(stats.gamma(3, 0, 0.04)),
    "log-normal": lambda rng, people: Plain(stats.lognorm(0.5, 0, 0.1)),
    "weibull": lambda rng, people: Plain(stats.weibull_min(1.3, 0, 0.08)),
    "beta": lambda rng, people: Plain(stats.beta(8, 60)),
    "look-alikes": lambda rng, people: Lookalikes(
        stats.norm(0.1, 0.1), stats.norm(0.6, 0.06), 10 ** rng.uniform(-3, -0.5) / people
    ),
    "wolves": lambda rng, people: Wolves(stats.norm(0.1, 0.08), 0.05),
}


def similarity_at(family: Family, rate: float, people: int) -> float:
    """Where the true rate of a gallery is `rate`."""
    return float(brentq(lambda x: family.rate(x, people) - rate, -2.0, 500.0, xtol=1e-10))
