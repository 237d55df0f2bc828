"""Finding faces of every size with one fixed pair of looks at the picture.

Every look has a fixed size in pixels, whatever the picture's: the detector never sees a size that
a user chose, and its memory does not grow with the pictures.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from insightface.model_zoo.scrfd import SCRFD
from numpy.typing import NDArray

from searches.engines.base import Box, RGBImage

MIN_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """One look: the picture fitted into a square of `size` pixels, with a black border of
    `border` times the picture's width and height on each side."""

    size: int
    border: float


# The first finds small faces. The second finds a face that fills the picture, such as an ID
# photograph: detectors want to see something around a face, and 256 px keep its landmarks fine.
LOOKS = (Look(640, 0.0), Look(256, 0.25))


@dataclass(frozen=True, slots=True)
class Detection:
    """One face as the detector gives it, in the picture's pixels; `score` is 0..1."""

    box: Box
    landmarks: tuple[tuple[float, float], ...]
    score: float


def find_faces(detector: SCRFD, image: RGBImage) -> list[Detection]:
    """All faces in the picture, the looks' overlapping finds merged by one global NMS.

    Finds that are not finite, or whose centre lies outside the picture, are dropped.
    """
    boxes, landmarks = zip(*(_look(detector, image, look) for look in LOOKS), strict=True)
    rows = np.concatenate(boxes)
    points = np.concatenate(landmarks)
    height, width = image.shape[:2]
    centres = (rows[:, 0:2] + rows[:, 2:4]) / 2
    sound = np.isfinite(rows).all(axis=1) & np.isfinite(points).all(axis=(1, 2))
    sound &= ((centres >= -0.5) & (centres <= np.array([width, height]) - 0.5)).all(axis=1)
    rows, points = rows[sound], points[sound]
    return [_detection(rows[index], points[index]) for index in detector.nms(rows)]


def _look(
    detector: SCRFD, image: RGBImage, look: Look
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Boxes with scores [n, 5] and landmarks [n, 5, 2] in the picture's pixels."""
    # A graph with a fixed input size can only be looked at in that size.
    across, down = detector.static_input_size or (look.size, look.size)
    height, width = image.shape[:2]
    around = 1 + 2 * look.border
    scale = min(across / (width * around), down / (height * around))
    fitted = max(1, int(width * scale)), max(1, int(height * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    left, top = (across - fitted[0]) // 2, (down - fitted[1]) // 2
    canvas = np.zeros((down, across, 3), dtype=np.uint8)
    canvas[top : top + fitted[1], left : left + fitted[0]] = cv2.resize(
        image, fitted, interpolation=way
    )[..., ::-1]
    rows, points = detector.detect(canvas, input_size=(across, down), det_thresh=MIN_SCORE)
    scales = np.array([fitted[0] / width, fitted[1] / height])
    mapped = rows.astype(np.float64)
    mapped[:, 0:2] = (mapped[:, 0:2] - (left, top)) / scales
    mapped[:, 2:4] = (mapped[:, 2:4] - (left, top)) / scales
    return mapped, (points.astype(np.float64) - (left, top)) / scales


def _detection(row: NDArray[np.float64], points: NDArray[np.float64]) -> Detection:
    left, top, right, bottom, score = (float(value) for value in row)
    landmarks = tuple((float(x), float(y)) for x, y in points)
    return Detection(Box(left, top, right, bottom), landmarks, min(1.0, max(0.0, score)))
