"""The definitions of docs/evaluation.md once more, as plainly as they read: lists and loops.

Nothing of `evaluation` is used here. `again` lists how often each subject counts: once, or as it
was drawn in a round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

Search = tuple[int, int | None, int, int]
"""Subject, similarity of the mate (None: not mated), its rank, similarity of the best other."""
NEVER = 10**9


@dataclass(frozen=True)
class Folder:
    """Pictures with a template: whose they are, and all similarities in steps of a millionth."""

    owner: list[int]
    scores: list[list[int]]
    failed: list[int]
    """The owners of pictures without a template."""

    @classmethod
    def of(cls, vectors: NDArray[np.float32], owner: list[int], failed: list[int]) -> "Folder":
        plain = vectors.astype(np.float64)
        return cls(owner, np.rint(plain @ plain.T * 1e6).astype(int).tolist(), failed)

    @property
    def pictures(self) -> range:
        return range(len(self.owner))

    def searches(self) -> list[Search]:
        """One for each picture: all the others are enrolled, a subject is as its best picture."""
        found: list[Search] = []
        for probe in self.pictures:
            best: dict[int, int] = {}
            for other in self.pictures:
                if other != probe:
                    who = self.owner[other]
                    best[who] = max(best.get(who, -NEVER), self.scores[probe][other])
            mate = best.pop(self.owner[probe], None)
            rank = NEVER if mate is None else 1 + sum(score >= mate for score in best.values())
            found.append((self.owner[probe], mate, rank, max(best.values())))
        return found

    def with_failures(self, searches: list[Search]) -> list[Search]:
        """A picture without a template finds nobody; it makes its subject's other ones mated."""
        owners = self.owner + self.failed
        several = {who for who in owners if owners.count(who) >= 2}
        known = [
            (who, -NEVER if mate is None and who in several else mate, rank, other)
            for who, mate, rank, other in searches
        ]
        lost = [(who, -NEVER if who in several else None, NEVER, -NEVER) for who in self.failed]
        return known + lost

    def pairs(self) -> list[tuple[int, int]]:
        return [(one, other) for one in self.pictures for other in range(one)]

    def score(self, pair: tuple[int, int]) -> int:
        return self.scores[pair[0]][pair[1]]

    def is_one(self, pair: tuple[int, int]) -> bool:
        return self.owner[pair[0]] == self.owner[pair[1]]


def hit_rate(searches: list[Search], rank: int) -> float:
    mated = [one for one in searches if one[1] is not None]
    return sum(one[2] <= rank for one in mated) / len(mated)


def fpir(searches: list[Search], threshold: int) -> float:
    return sum(one[3] >= threshold for one in searches) / len(searches)


def fnir(searches: list[Search], threshold: int, rank: int = 50) -> float:
    mated = [one for one in searches if one[1] is not None]
    return sum(one[2] > rank or one[1] < threshold for one in mated) / len(mated)  # type: ignore[operator]


def lowest(falling: Sequence[int], target: float) -> int:
    """The lowest threshold that at most a share `target` of these reaches."""
    ordered = sorted(falling, reverse=True)
    allowed = int(target * len(ordered) * (1 + 1e-12))
    return ordered[-1] if allowed >= len(ordered) else ordered[allowed] + 1


def missed(searches: list[Search], target: float) -> float:
    return fnir(searches, lowest([one[3] for one in searches], target))


def drawn(rounds: int, seed: int, subjects: int) -> list[list[int]]:
    """Who is drawn in each round: as many subjects as there are, some of them several times."""
    return [
        np.random.default_rng([seed, n]).integers(0, subjects, subjects).tolist()
        for n in range(rounds)
    ]


def redrawn(searches: list[Search], again: list[int]) -> list[Search]:
    """The searches of the drawn people: of whoever was drawn twice, twice."""
    return [one for who in again for one in searches if one[0] == who]


def interval(value: float, values: Sequence[float], people: int) -> tuple[float, float]:
    """From the 2.5th to the 97.5th percentile; where nothing was seen, Clopper and Pearson's."""
    low, high = np.quantile(values, [0.025, 0.975])
    reach = 1 - 0.025 ** (1 / people)
    if value == 0:
        high = max(high, reach)
    if value == 1:
        low = min(low, 1 - reach)
    return min(low, value), max(high, value)


def fold_accuracy(
    rows: list[tuple[int, bool, int]], fold: int, tried: Callable[[list[int]], list[int]]
) -> float:
    """Of (similarity, one person?, fold): the threshold that is best elsewhere decides here."""
    elsewhere = [row for row in rows if row[2] != fold]
    candidates = tried(sorted({row[0] for row in elsewhere}))
    right = {at: sum((row[0] >= at) == row[1] for row in elsewhere) for at in candidates}
    best = min(at for at in candidates if right[at] == max(right.values()))
    here = [row for row in rows if row[2] == fold]
    return mean((row[0] >= best) == row[1] for row in here)


def discard(folder: Folder, quality: Sequence[float], fractions: Sequence[float]) -> list[float]:
    """FNMR after the worst pictures are left out, 5 % of all comparisons being missed at first."""
    mates = [pair for pair in folder.pairs() if folder.is_one(pair)]
    ordered = sorted(folder.score(pair) for pair in mates)
    threshold = ordered[int(0.05 * len(ordered))]
    worst_first = sorted(folder.pictures, key=lambda picture: quality[picture])
    found = []
    for fraction in fractions:
        count = sum(place / len(worst_first) + 1e-12 < fraction for place in folder.pictures)
        out = set(worst_first[:count])
        left = [pair for pair in mates if not out & set(pair)]
        found.append(mean(folder.score(pair) < threshold for pair in left))
    return found


def shown(value: float) -> str:
    """As reports show a share: per cent with two digits."""
    return f"{100 * value:.2f}"


def digits(rate: Any) -> tuple[str, str, str]:
    return shown(rate["value"]), shown(rate["low"]), shown(rate["high"])
