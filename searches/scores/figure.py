"""The figure beside a similarity: a rate with its interval, or why there is none."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from scipy.special import betaincinv

TAIL = 0.025
"""What a 95 % interval leaves out at either end."""


class Basis(StrEnum):
    """How a rate was come by."""

    COUNTED = "counted"
    FITTED = "fitted"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class Figure:
    """The share of searches of unrelated faces that would bring a candidate at least so similar.

    `rate`, `low` and `high` are 0..1, for a gallery of `subjects` people, from `n` searches; `low`
    to `high` is the 95 % interval. `rate` is None where the similarity lies beyond what `n`
    searches can tell: it is then less than `least`, the lowest rate that they can.
    """

    rate: float | None
    low: float
    high: float
    least: float
    n: int
    subjects: int
    basis: Basis

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"basis": self.basis.value}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        told = {name: value[name] for name in cls.__slots__}
        return cls(**told | {"basis": Basis(value["basis"])})

    def is_within(self, wished: float) -> bool | None:
        """Whether a threshold at this rate 0..1 lets the similarity pass; None: not measured."""
        if self.rate is not None:
            return self.rate <= wished
        return True if self.least <= wished else None


def exact_interval(count: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `count` of `n` were seen.

    C. J. Clopper, E. S. Pearson, Biometrika 26 (1934), 404-413: whatever the true share is, at
    least 95 % of such intervals hold it.
    """
    low = float(betaincinv(count, n - count + 1, TAIL)) if count else 0.0
    high = float(betaincinv(count + 1, n - count, 1 - TAIL)) if count < n else 1.0
    return low, high
