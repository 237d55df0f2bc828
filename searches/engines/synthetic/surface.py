"""Painting on pixels: soft-edged shapes in face units, blended with integer arithmetic.

Everything that decides a pixel is integer or plain IEEE arithmetic, so that pictures are equal on
every machine.
"""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from .dice import Colour
from .shapes import Points, stroke

Mask: TypeAlias = NDArray[np.uint8]

Pixels: TypeAlias = NDArray[np.uint8]

_SUBPIXEL_BITS = 4

_COARSE_SIGMA = 2.0  # pixels; wider softness is painted at half or a quarter of the resolution


class Surface:
    """An RGB canvas with an affine map `matrix` [2, 3] from face units to its pixels."""

    def __init__(self, rgb: Pixels, matrix: NDArray[np.float64]) -> None:
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
        rgb[0] = colour
        rgb[1:] = rgb[0]
        return cls(rgb, np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale]]))

    def pixels(self, points: Points) -> Points:
        """Face units [..., 2] to pixels [..., 2]."""
        m = self.matrix
        x, y = points[..., 0], points[..., 1]
        out = np.empty_like(points)
        out[..., 0] = m[0, 0] * x + m[0, 1] * y + m[0, 2]
        out[..., 1] = m[1, 0] * x + m[1, 1] * y + m[1, 2]
        return out

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

    def coverage(self, shape: Points, soft: float = 0.0) -> Mask:
        """The shape's coverage 0..255 over the whole canvas."""
        whole: Mask = np.zeros(self.rgb.shape[:2], np.uint8)
        part, rows, columns = self.mask(shape, soft)
        whole[rows, columns] = part
        return whole

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
            cv2.multiply(coverage, within[rows, columns], coverage, 1 / 255)
        blend(self.rgb[rows, columns], colour, coverage, opacity)

    def strands(
        self,
        paths: Points,
        colour: Colour,
        width: float,
        opacity: float,
        within: Mask | None = None,
    ) -> None:
        """Paint many thin lines [k, m, 2] of even width at once; crossings count once."""
        coverage: Mask = np.zeros(self.rgb.shape[:2], np.uint8)
        fixed = _fixed(self.pixels(paths))
        thickness = max(1, round(width * self.scale))
        cv2.polylines(coverage, list(fixed), False, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
        if within is not None:
            cv2.multiply(coverage, within, coverage, 1 / 255)
        left, top, width_px, height_px = cv2.boundingRect(coverage)
        region = slice(top, top + height_px), slice(left, left + width_px)
        blend(self.rgb[region], colour, coverage[region], opacity)

    def spots(self, spots: Points, colour: Colour, opacity: float) -> None:
        """Paint many small closed shapes [k, m, 2] at once; overlaps count once."""
        coverage: Mask = np.zeros(self.rgb.shape[:2], np.uint8)
        for fixed in _fixed(self.pixels(spots)):
            cv2.fillPoly(coverage, [fixed], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        left, top, width, height = cv2.boundingRect(coverage)
        region = slice(top, top + height), slice(left, left + width)
        blend(self.rgb[region], colour, coverage[region], opacity)

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


def _fixed(pixels: Points) -> NDArray[np.int32]:
    return np.round(pixels * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _cover(pixels: Points, region: tuple[int, int], sigma: float) -> Mask:
    width, height = region
    step = 1 if sigma < _COARSE_SIGMA else 2 if sigma < 2 * _COARSE_SIGMA else 4
    small = (-(-width // step), -(-height // step))
    coverage: Mask = np.zeros((small[1], small[0]), np.uint8)
    fixed = _fixed((pixels + 0.5) / step - 0.5)
    cv2.fillPoly(coverage, [fixed], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    if sigma > 0.3:
        cv2.GaussianBlur(coverage, (0, 0), sigma / step, coverage)
    if step > 1:
        full = cv2.resize(coverage, (small[0] * step, small[1] * step))
        coverage = np.ascontiguousarray(full[:height, :width], np.uint8)
    return coverage


def blend(region: Pixels, colour: Colour, mask: Mask, opacity: float = 1.0) -> None:
    """Mix `colour` into an RGB region in place by mask (0..255) times opacity (0..1)."""
    if mask.size == 0:
        return
    weight = cv2.convertScaleAbs(mask, alpha=opacity)
    share = cv2.merge([weight, weight, weight])
    tint = np.empty(region.shape, np.uint8)
    tint[0] = colour
    tint[1:] = tint[0]
    cv2.multiply(tint, share, tint, 1 / 255)
    cv2.multiply(region, cv2.bitwise_not(share), region, 1 / 255)
    cv2.add(region, tint, region)


def overlay(region: Pixels, top: Pixels, mask: Mask) -> None:
    """Put an RGB picture over a region of the same size in place by mask (0..255)."""
    cv2.copyTo(top, (mask == 255).view(np.uint8), region)
    edge = np.nonzero((mask > 0) & (mask < 255))  # few pixels, and copying is far cheaper
    weight = mask[edge].astype(np.int32)[:, None]
    under, over = region[edge].astype(np.int32), top[edge].astype(np.int32)
    region[edge] = ((under * (255 - weight) + over * weight + 127) // 255).astype(np.uint8)
