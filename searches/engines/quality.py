"""Measures of one face in a picture: advice for whoever chooses a picture, never a verdict."""

from collections.abc import Sequence

import cv2
import numpy as np

from .base import Box, LandmarkScheme, Quality, RGBImage
from .pose import estimate_pose, eye_centres

COMMON_SIZE = 112
HALF_SHARP = 100.0
FARTHEST = 1e6


def measure(
    image: RGBImage,
    box: Box,
    landmarks: Sequence[tuple[float, float]],
    scheme: LandmarkScheme,
) -> Quality:
    """Measure one face; always finite, whatever the box and the landmarks are.

    `image` is uint8 RGB [height, width, 3]; `box` may reach beyond it, and only the part inside
    is looked at (sharpness and brightness are 0 when there is none). `landmarks` are five points
    in pixels, in the order of `scheme`; unless they are five finite points, the eye distance and
    the angles are 0.

    Sharpness is v / (v + 100), where v is the variance of the 3x3 Laplacian of the face's luma
    (0..255) after resizing it to 112 x 112 pixels (Pech-Pacheco et al. 2000): 0 for a flat or
    wholly blurred face, 0.5 at v = 100. The common size makes faces of different sizes
    comparable: a small face that must be enlarged comes out soft, as it does for a recogniser.
    Brightness is the mean Rec. 601 luma over 255. The angles are explained in `pose`.
    """
    sharpness, brightness = _light(image, box)
    points = np.array(landmarks, dtype=np.float64)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        return Quality(0.0, sharpness, brightness, 0.0, 0.0, 0.0)
    points = points.clip(-FARTHEST, FARTHEST)
    left, right = eye_centres(points, scheme)
    yaw, pitch, roll = estimate_pose(points, scheme)
    distance = float(np.hypot(*(right - left)))
    return Quality(distance, sharpness, brightness, yaw, pitch, roll)


def _light(image: RGBImage, box: Box) -> tuple[float, float]:
    """Sharpness and brightness, both 0..1, of the part of the box inside the picture."""
    height, width = image.shape[:2]
    edges = np.nan_to_num(np.array([box.left, box.top, box.right, box.bottom], dtype=np.float64))
    limits = np.array([width, height, width, height], dtype=np.float64)
    left, top, right, bottom = np.rint(edges.clip(0.0, limits)).astype(int)
    if right <= left or bottom <= top:
        return 0.0, 0.0
    luma = cv2.cvtColor(np.ascontiguousarray(image[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    shrinks = min(luma.shape) >= COMMON_SIZE
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    common = cv2.resize(luma, (COMMON_SIZE, COMMON_SIZE), interpolation=way)
    variance = float(cv2.Laplacian(common, cv2.CV_64F).var())
    return variance / (variance + HALF_SHARP), float(luma.mean()) / 255.0
