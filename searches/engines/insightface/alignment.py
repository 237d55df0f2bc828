"""Cutting an upright face chip out of a picture, the way ArcFace recognisers were trained on."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from searches.engines.base import EngineError, RGBImage

# ArcFace's alignment template: left eye, right eye, nose tip and mouth corners in a 112 px chip
# (InsightFace, `face_align.arcface_dst`).
TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
TEMPLATE_SIZE = 112
MIN_SPREAD = 1.0
# Share of the template's variation that the landmarks explain after the best turn, shift and
# scale: 1 for the template itself, 0.61 for a face squeezed to its height as a full profile is,
# 0.39 for one squeezed to its width, 0.05 for left and right exchanged.
MIN_LIKENESS = 0.5
# Spread across the landmarks' main line over the spread along it: 0.79 for the template, about a
# third in full profile, where the nose stands out.
MIN_ROUNDNESS = 0.05
MIN_CONTRAST = 1.0


def similarity(landmarks: NDArray[np.float64], chip_size: int) -> NDArray[np.float64]:
    """The 2x3 matrix that takes five landmarks [5, 2] nearest to the template in the chip.

    Least squares over turn, shift and one scale, without mirroring (Umeyama 1991); in the plane
    it has the closed form a = sum(conj(p) q) / sum(|p|^2) over the centred points as complex
    numbers. Raises EngineError("face_unusable") for landmarks that are no face's: not finite, in
    one spot, on one line, or mirrored, which would give every such face the same chip.
    """
    if landmarks.shape != (5, 2) or not np.isfinite(landmarks).all():
        raise _unusable("its landmarks are not five finite points")
    target = TEMPLATE * (chip_size / TEMPLATE_SIZE)
    source_mean, target_mean = landmarks.mean(axis=0), target.mean(axis=0)
    source = (landmarks - source_mean) @ (1, 1j)
    wanted = (target - target_mean) @ (1, 1j)
    spread = float(np.vdot(source, source).real)
    if spread < MIN_SPREAD**2 * len(source):
        raise _unusable("its landmarks lie in one spot")
    along, across = np.linalg.svd(landmarks - source_mean, compute_uv=False)
    if across < MIN_ROUNDNESS * along:
        raise _unusable("its landmarks lie on one line")
    product = complex(np.vdot(source, wanted))
    likeness = abs(product) ** 2 / (spread * float(np.vdot(wanted, wanted).real))
    if not likeness >= MIN_LIKENESS:
        raise _unusable("its landmarks do not form a face")
    turn = product / spread
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([linear, target_mean - linear @ source_mean])


def aligned_chip(
    image: RGBImage, landmarks: Sequence[tuple[float, float]], chip_size: int
) -> RGBImage:
    """The face as an upright RGB chip [chip_size, chip_size, 3]; black beyond the picture.

    Raises EngineError("face_unusable") as `similarity` does, and for a chip that shows nothing
    (landmarks outside the picture, a plain surface).
    """
    try:
        points = np.array(landmarks, dtype=np.float64)
    except ValueError as error:
        raise _unusable("its landmarks are not five points") from error
    matrix = similarity(points, chip_size)
    chip = cv2.warpAffine(image, matrix, (chip_size, chip_size), borderValue=0.0)
    if float(chip.std()) < MIN_CONTRAST:
        raise _unusable("the picture shows nothing where it should be")
    return np.asarray(chip, dtype=np.uint8)


def _unusable(why: str) -> EngineError:
    return EngineError(
        "face_unusable", f"This face cannot be used: {why}. Choose another face or picture."
    )
