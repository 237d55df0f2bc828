"""Lays out the pairs of an exercise: who and how, all of it by chance that nobody can foresee."""

import random
from dataclasses import dataclass

from training.faces import most_similar

_random = random.SystemRandom()
# Far from the seeds of demos, tests and sandboxes, and too many to be learned by heart.
FIRST, LAST = 10**9, 10**12
OTHERS = 12
"""Of so many strangers the most similar one is shown. More make a pair harder to tell."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The seeds of one pair."""

    left_person: int
    left_scene: int
    right_person: int
    right_scene: int


def lay_out(pairs: int) -> list[Layout]:
    """So many pairs, two to three fifths of them mated, in an order of chance.

    How many are mated is left to chance too: by counting nobody works out the last pairs.
    """
    mated = _random.randint(-(-2 * pairs // 5), 3 * pairs // 5)
    kinds = [True] * mated + [False] * (pairs - mated)
    _random.shuffle(kinds)
    return [_pair(is_mated=kind) for kind in kinds]


def _pair(*, is_mated: bool) -> Layout:
    left = _seed()
    right = left if is_mated else most_similar(left, [_seed() for _ in range(OTHERS)])
    return Layout(left, _seed(), right, _seed())


def _seed() -> int:
    return _random.randint(FIRST, LAST)
