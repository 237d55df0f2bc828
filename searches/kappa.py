"""Measures of agreement between two examiners, and of a share, with 95 % intervals.

Cohen's kappa: J. Cohen, A coefficient of agreement for nominal scales, Educational and
Psychological Measurement 20 (1960), 37-46. Its standard error: J. L. Fleiss, J. Cohen, B. S.
Everitt, Large sample standard errors of kappa and weighted kappa, Psychological Bulletin 72
(1969), 323-327, formula 13. Intervals of shares: E. B. Wilson, Journal of the American Statistical
Association 22 (1927), 209-212.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # the normal quantile of a 95 % interval
MIN_PAIRS = 30
"""Pairs of decisions below which kappa and raw agreement are not measured."""
MIN_DISTRACTORS = 30
"""Distractors below which an examiner's rate of keeping them is not measured."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value and its interval; without one where the method has none to give."""

    value: float
    low: float | None = None
    high: float | None = None


def share(part: int, whole: int, least: int) -> Estimate | None:
    """A share with its Wilson interval; None, "not measured", below `least`."""
    if whole < max(least, 1):
        return None
    p, square = part / whole, Z * Z / whole
    centre = (p + square / 2) / (1 + square)
    reach = Z / (1 + square) * sqrt(p * (1 - p) / whole + square / (4 * whole))
    return Estimate(p, max(0.0, centre - reach), min(1.0, centre + reach))


def kappa(table: Sequence[Sequence[int]]) -> Estimate | None:
    """Cohen's kappa of a square table: rows are the first's decisions, columns the second's.

    None below MIN_PAIRS, and where chance alone explains everything: both always decided the same
    one thing. Without an interval where the standard error is 0, as it is when they never differed.
    """
    n = sum(map(sum, table))
    if n < MIN_PAIRS:
        return None
    cells = [[cell / n for cell in row] for row in table]
    rows = [sum(row) for row in cells]
    columns = [sum(column) for column in zip(*cells, strict=True)]
    agreed = sum(cells[i][i] for i in range(len(cells)))
    by_chance = sum(r * c for r, c in zip(rows, columns, strict=True))
    if by_chance >= 1 - 1e-12:
        return None
    value = (agreed - by_chance) / (1 - by_chance)
    reach = Z * _standard_error(cells, rows, columns, value, by_chance, n)
    if reach < 1e-9:
        return Estimate(value)
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach))


def _standard_error(
    cells: Sequence[Sequence[float]],
    rows: Sequence[float],
    columns: Sequence[float],
    value: float,
    by_chance: float,
    n: int,
) -> float:
    kinds = range(len(cells))
    a = sum(cells[i][i] * (1 - (rows[i] + columns[i]) * (1 - value)) ** 2 for i in kinds)
    apart = [(i, j) for i in kinds for j in kinds if i != j]
    b = (1 - value) ** 2 * sum(cells[i][j] * (columns[i] + rows[j]) ** 2 for i, j in apart)
    c = (value - by_chance * (1 - value)) ** 2
    return sqrt(max(0.0, a + b - c) / n) / (1 - by_chance)
