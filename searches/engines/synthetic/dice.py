"""Seeded choices and colours."""

from typing import TypeAlias

import numpy as np

Colour: TypeAlias = tuple[int, int, int]


class Dice:
    """Seeded choices; PCG64's raw uniforms are the same on every machine."""

    def __init__(self, seed: int, stream: int = 1) -> None:
        self.rng = np.random.Generator(np.random.PCG64([seed, stream]))

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(self.rng.random())

    def about(self, centre: float, spread: float) -> float:
        """A bell-shaped value within centre +- spread (mean of two uniforms)."""
        return centre + spread * (float(self.rng.random()) + float(self.rng.random()) - 1.0)

    def index(self, count: int) -> int:
        return int(self.rng.integers(count))

    def along(self, colours: tuple[Colour, ...]) -> Colour:
        """A colour anywhere on the line through the given ones."""
        place = self.between(0.0, len(colours) - 1.0)
        first = min(int(place), len(colours) - 2)
        return mix(colours[first], colours[first + 1], place - first)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` (0..1) of `b` in it."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue
