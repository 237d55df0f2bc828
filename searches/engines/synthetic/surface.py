"""Painting on pixels: soft-edged shapes in face units, blended with integer arithmetic.

Everything that decides a pixel is integer or plain IEEE arithmetic, so that pictures are equal on
every machine.
"""

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from .identity import Colour

Points: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.uint8]
_SUBPIXEL_BITS = 4
_COARSE_SIGMA = 5.0  # pixels; wider softness is painted at a quarter of the resolution


class Surface:
    """An RGB canvas with an affine map `matrix` [2, 3] from face units to its pixels."""

    def __init__(self, rgb: NDArray[np.uint8], matrix: NDArray[np.float64]) -> None:
        self.rgb = rgb
        self.matrix = matrix
        a, b = matrix[0, 0], matrix[1, 0]
        self.scale = float((a * a + b * b) ** 0.5)  # pixels per face unit

    @classmethod
    def blank(
        cls, box: tuple[float, float, float, float], scale: float, colour: Colour
    ) -> "Surface":
        """A canvas over `box` (left, top, right, bottom in face units) filled with one colour."""
        left, top, right, bottom = box
        height, width = round((bottom - top) * scale), round((right - left) * scale)
        rgb = np.empty((height, width, 3), np.uint8)
        rgb[:] = colour
        return cls(rgb, np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale]]))

    def pixels(self, points: Points) -> Points:
        """Face units [n, 2] to pixels [n, 2]."""
        m = self.matrix
        x, y = points[:, 0], points[:, 1]
        return np.stack(
            [m[0, 0] * x + m[0, 1] * y + m[0, 2], m[1, 0] * x + m[1, 1] * y + m[1, 2]], axis=1
        )

    def mask(self, shape: Points, soft: float = 0.0) -> tuple[Mask, slice, slice]:
        """The shape's coverage 0..255 in its bounding region, edges `soft` face units wide."""
        height, width = self.rgb.shape[:2]
        sigma = soft * self.scale
        pixels = self.pixels(shape)
        margin = int(3 * sigma) + 2
        left, top = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - margin, 0)
        right, bottom = np.ceil(pixels.max(axis=0)).astype(int) + margin + 1
        right, bottom = min(int(right), width), min(int(bottom), height)
        if right <= left or bottom <= top:
            return np.zeros((0, 0), np.uint8), slice(0, 0), slice(0, 0)
        region = (right - int(left), bottom - int(top))
        coverage = _cover(pixels - (left, top), region, sigma)
        return coverage, slice(int(top), bottom), slice(int(left), right)

    def fill(
        self,
        shape: Points,
        colour: Colour,
        opacity: float = 1.0,
        soft: float = 0.0,
        within: Mask | None = None,
    ) -> None:
        """Paint a closed shape [n, 2]; `within` (the canvas's size) limits where it shows."""
        coverage, rows, columns = self.mask(shape, soft)
        if coverage.size == 0:
            return
        if within is not None:
            coverage = cv2.multiply(coverage, within[rows, columns], scale=1 / 255)
        blend(self.rgb[rows, columns], colour, coverage, opacity)

    def line(
        self,
        path: Points,
        colour: Colour,
        width: float,
        opacity: float = 1.0,
        soft: float = 0.0,
        within: Mask | None = None,
    ) -> None:
        """Paint an open path as a stroke that tapers at both ends; `width` is its middle's."""
        self.fill(stroke(path, width), colour, opacity, soft, within)


def _cover(pixels: Points, region: tuple[int, int], sigma: float) -> Mask:
    width, height = region
    step = 4 if sigma > _COARSE_SIGMA else 1
    small = (-(-width // step), -(-height // step))
    coverage = np.zeros((small[1], small[0]), np.uint8)
    fixed = np.round(((pixels + 0.5) / step - 0.5) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(coverage, [fixed], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    if sigma > 0.3:
        coverage = cv2.GaussianBlur(coverage, (0, 0), sigma / step)
    if step > 1:
        coverage = cv2.resize(coverage, (small[0] * step, small[1] * step))[:height, :width]
    return coverage


def blend(region: NDArray[np.uint8], colour: Colour, mask: Mask, opacity: float = 1.0) -> None:
    """Mix `colour` into an RGB region in place by mask (0..255) times opacity (0..1)."""
    weight = ((mask.astype(np.uint16) * round(opacity * 128) + 127) // 255).astype(np.int16)
    mixed = region.astype(np.int16)
    mixed += ((np.array(colour, np.int16) - mixed) * weight[:, :, None]) >> 7
    region[:] = mixed


def overlay(region: NDArray[np.uint8], top: NDArray[np.uint8], mask: Mask) -> None:
    """Put an RGB picture over a region of the same size in place by mask (0..255)."""
    weight = ((mask.astype(np.uint16) * 128 + 127) // 255).astype(np.int16)
    mixed = region.astype(np.int16)
    mixed += ((top.astype(np.int16) - mixed) * weight[:, :, None]) >> 7
    region[:] = mixed


def curve(points: Sequence[tuple[float, float]], *, closed: bool = False, steps: int = 8) -> Points:
    """A Catmull-Rom curve through the points, as [m, 2]."""
    p = np.array(points, np.float64)
    ends = (p[-1:], p[:2]) if closed else (p[:1], p[-1:])
    p = np.concatenate([ends[0], p, ends[1]])
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None, :] for i in range(4))
    path = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    path = path.reshape(-1, 2)
    return path if closed else np.concatenate([path, p[-2:-1]])


def mirrored(right: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed outline from its right half, listed from top to bottom (x >= 0)."""
    left = [(-x, y) for x, y in reversed(right) if x > 0]
    return [*right, *left]


def circle(x: float, y: float, width: float, height: float | None = None) -> Points:
    """An ellipse's outline by its centre and half-axes."""
    high = width if height is None else height
    points = [(x + width * a, y + high * b) for a, b in _UNIT_CIRCLE]
    return curve(points, closed=True, steps=3)


def lowered(path: Points, by: float) -> Points:
    """The path moved down the face."""
    return path + np.array((0.0, by))


def stroke(path: Points, width: float) -> Points:
    """The outline of a line along `path`, thickest in the middle."""
    direction = np.gradient(path, axis=0)
    length = np.sqrt((direction**2).sum(axis=1, keepdims=True)) + 1e-9
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1) / length
    place = np.linspace(-1.0, 1.0, len(path))[:, None]
    half = 0.5 * width * (1.0 - place**4 * 0.9)
    return np.concatenate([path + normal * half, (path - normal * half)[::-1]])


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
