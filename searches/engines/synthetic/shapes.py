"""Outlines and paths in face units: arrays of points [..., 2]."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float64]


def curve(points: Sequence[tuple[float, float]], *, closed: bool = False, steps: int = 8) -> Points:
    """A Catmull-Rom curve through the points, as [m, 2]."""
    p = np.array(points, np.float64)
    return curves(np.concatenate([p[-1:], p, p[:2]])[None], steps)[0] if closed else _open(p, steps)


def _open(p: Points, steps: int) -> Points:
    path = curves(np.concatenate([p[:1], p, p[-1:]])[None], steps)[0]
    return np.concatenate([path, p[-1:]])


def curves(controls: Points, steps: int) -> Points:
    """Many Catmull-Rom curves at once, [k, n, 2] to [k, (n - 3) * steps, 2].

    The first and the last control point of each only give the direction at its ends.
    """
    count, length = controls.shape[:2]
    t = (np.arange(steps) / steps)[:, None]
    a, b, c, d = (controls[:, i : length - 3 + i, None, :] for i in range(4))
    square = t * t
    path: Points = 0.5 * (
        2 * b
        + (c - a) * t
        + (2 * a - 5 * b + 4 * c - d) * square
        + (3 * b - a - 3 * c + d) * (square * t)
    )
    return path.reshape(count, -1, 2)


def circle(x: float, y: float, width: float, height: float | None = None) -> Points:
    """An ellipse's outline [48, 2] by its centre and half-axes."""
    axes = np.array((width, width if height is None else height))
    outline: Points = _ROUND * axes + np.array((x, y))
    return outline


def lowered(path: Points, by: float) -> Points:
    """The path moved down the face."""
    moved: Points = path + np.array((0.0, by))
    return moved


def mirrored(right: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed outline from its right half, listed from top to bottom (x >= 0)."""
    left = [(-x, y) for x, y in reversed(right) if x > 0]
    return [*right, *left]


def stroke(path: Points, width: float) -> Points:
    """The outline of a line along `path`, thickest in the middle."""
    direction = np.empty_like(path)
    direction[0], direction[-1] = path[1] - path[0], path[-1] - path[-2]
    direction[1:-1] = path[2:] - path[:-2]
    x, y = direction[:, 0], direction[:, 1]
    place = np.arange(len(path)) * (2.0 / (len(path) - 1)) - 1.0
    squared = place * place
    half = 0.5 * width * (1.0 - squared * squared * 0.9) / (np.sqrt(x * x + y * y) + 1e-9)
    offset = np.stack([-y * half, x * half], axis=1)
    return np.concatenate([path + offset, (path - offset)[::-1]])


_UNIT_CIRCLE = (
    (1.0, 0.0),
    (0.9239, 0.3827),
    (0.7071, 0.7071),
    (0.3827, 0.9239),
    (0.0, 1.0),
    (-0.3827, 0.9239),
    (-0.7071, 0.7071),
    (-0.9239, 0.3827),
    (-1.0, 0.0),
    (-0.9239, -0.3827),
    (-0.7071, -0.7071),
    (-0.3827, -0.9239),
    (0.0, -1.0),
    (0.3827, -0.9239),
    (0.7071, -0.7071),
    (0.9239, -0.3827),
)

_ROUND = curve(_UNIT_CIRCLE, closed=True, steps=3)
