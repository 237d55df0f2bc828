"""Cuts the aligned 150 px chip that dlib's recogniser was trained on, from five landmarks.

Points are complex numbers x + iy here, so that a rotation with scaling is one multiplication.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from searches.engines.base import EngineError, RGBImage

from .recogniser_graph import CHIP_SIZE

# dlib get_face_chip_details: the mean position of the five points in a unit face box, and the
# padding around that box which its recognition model expects.
_MEAN_POINTS = np.array(
    [
        0.8595674595992 + 0.2134981538014j,
        0.6460604764104 + 0.2289674387677j,
        0.1205750620789 + 0.2137274526848j,
        0.3340850613712 + 0.2290642403242j,
        0.4901123135679 + 0.6277975316475j,
    ]
)
_PADDING = 0.25
_TEMPLATE = (_MEAN_POINTS + _PADDING * (1 + 1j)) / (1 + 2 * _PADDING) * CHIP_SIZE
_CHIP_CENTRE = (1 + 1j) * CHIP_SIZE / 2
_SMALLEST_FACE = 4.0  # source pixels under the whole chip; less is no face
_FLAT = 2.0  # grey levels; no channel of a flat chip has a larger standard deviation


def face_chip(image: RGBImage, landmarks: Sequence[tuple[float, float]]) -> RGBImage:
    """The upright chip uint8 [150, 150, 3] of the face with these five landmarks (dlib's order).

    Gives the bytes of dlib's get_face_chip for landmarks on whole pixels. Raises
    EngineError("face_unusable") for degenerate landmarks and for a chip without content.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        raise _unusable("its landmarks are not five finite points")
    centre, axis = _source_frame(points[:, 0] + 1j * points[:, 1])
    side = CHIP_SIZE * abs(axis)
    height, width = image.shape[:2]
    if not _SMALLEST_FACE < side < 4 * (width + height):
        raise _unusable("its landmarks coincide or lie too far apart")
    if not (0 <= centre.real < width and 0 <= centre.imag < height):
        raise _unusable("its centre lies outside the picture")
    source, corner, far = _halved(image, centre, axis, side)
    chip = _sample(source, (corner + far) / 2, axis / abs(axis) * (far - corner).real)
    if chip.std(axis=(0, 1)).max() < _FLAT:
        raise _unusable("there is nothing to see where it should be")
    return chip


def _unusable(why: str) -> EngineError:
    return EngineError(
        "face_unusable", f"This face cannot be used: {why}. Choose another face or picture."
    )


def _source_frame(points: NDArray[np.complex128]) -> tuple[complex, complex]:
    """Where the chip's centre lies in the picture, and one chip pixel to the right as a vector.

    The least-squares similarity from the template to the points (Umeyama 1991).
    """
    template = _TEMPLATE - _TEMPLATE.mean()
    axis = (template.conj() * (points - points.mean())).sum() / (abs(template) ** 2).sum()
    centre = points.mean() + axis * (_CHIP_CENTRE - _TEMPLATE.mean())
    return complex(centre), complex(axis)


def _halved(
    image: RGBImage, centre: complex, axis: complex, side: float
) -> tuple[RGBImage, complex, complex]:
    """The part of the picture to sample, at most twice as fine as the chip, and in it the top
    left and bottom right corners of the source square before its rotation.

    As dlib's extract_image_chip, to the choice of the crop, since its corner decides which
    pixels a halving averages.
    """
    half = (side - 1) / 2 * (1 + 1j)
    corner, far = centre - half, centre + half
    depth, margin = 0, 2
    while _area(_down(corner, depth + 1), _down(far, depth + 1)) > CHIP_SIZE**2:
        depth += 1
        margin = margin * 2 + 2
    turn = axis / abs(axis)
    corners = centre + turn * np.array([half, half.conjugate(), -half, -half.conjugate()])
    left, top = (max(0, round(v.min()) - margin) for v in (corners.real, corners.imag))
    right, bottom = (round(v.max()) + margin + 1 for v in (corners.real, corners.imag))
    source = image[top:bottom, left:right]
    origin = complex(left, top)
    for _ in range(depth):
        source = _halve(source)
    return source, _down(corner - origin, depth), _down(far - origin, depth)


def _down(point: complex, levels: int) -> complex:
    """dlib's pyramid_down<2>::point_down; its offsets are kept although x and y differ there."""
    for _ in range(levels):
        point = point / 2 - (1.25 + 0.75j)
    return point


def _area(corner: complex, far: complex) -> float:
    span = far - corner + (1 + 1j)  # dlib's rectangles include their last pixel
    return span.real * span.imag


def _halve(image: RGBImage) -> RGBImage:
    """dlib's pyramid_down<2>: a 1-4-6-4-1 filter, truncated, without the two border pixels."""
    wide = image.astype(np.uint16)  # 255 * 16 * 16 just fits
    for axis in (1, 0):
        end = wide.shape[axis] - 4
        taps = [wide[:, i : end + i : 2] if axis else wide[i : end + i : 2] for i in range(5)]
        wide = taps[0] + taps[4] + 4 * (taps[1] + taps[3]) + 6 * taps[2]
    return (wide >> 8).astype(np.uint8)


def _sample(source: RGBImage, centre: complex, across: complex) -> RGBImage:
    """Bilinear samples of a square with this centre and upper side (a vector); black outside."""
    steps = (np.arange(CHIP_SIZE) - (CHIP_SIZE - 1) / 2) / (CHIP_SIZE - 1)
    grid = centre + across * (steps[None, :] + 1j * steps[:, None])
    left, top = np.floor(grid.real).astype(np.int64), np.floor(grid.imag).astype(np.int64)
    height, width = source.shape[:2]
    inside = (left >= 0) & (top >= 0) & (left + 1 < width) & (top + 1 < height)
    right_part, lower_part = (grid.real - left)[..., None], (grid.imag - top)[..., None]
    if not inside.any():
        return np.zeros((CHIP_SIZE, CHIP_SIZE, 3), np.uint8)
    first = np.where(inside, top * width + left, 0)
    pixels = source.reshape(-1, 3).astype(np.float64)
    upper = pixels.take(first, axis=0) * (1 - right_part)
    upper += pixels.take(first + 1, axis=0) * right_part
    lower = pixels.take(first + width, axis=0) * (1 - right_part)
    lower += pixels.take(first + width + 1, axis=0) * right_part
    values = upper * (1 - lower_part) + lower * lower_part
    return np.where(inside[..., None], values, 0).astype(np.uint8)
