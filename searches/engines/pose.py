"""Head pose from five landmarks: what can be said without a pose network.

Geometry. The head is a rigid mean face seen by a scaled orthographic camera. Unit: the distance
between the eye centres; x to the picture's right, y down, z towards the camera, origin half-way
between the eyes. The head nods first (pitch, about the line of the eyes), then turns (yaw, about
the picture's vertical), then tilts (roll, in the picture). In that order the line of the eyes
keeps the direction that roll gives it, so roll is read from it exactly; yaw and pitch are those
of the mean face that, scaled freely, comes closest to the points after roll is undone (least
squares plus a weak Gaussian prior towards frontal, searched on a one-degree grid, hence with no
start value and no local minimum).

Limits. Pitch rests on how long the face looks, so a person's own proportions shift it; with eye
corners and nose only (dlib's five points) the points are nearly coplanar, and looking down shows
little. On synthetic people with landmarks of the open engine, one standard deviation is about 7
degrees of yaw, 12 of pitch (more when looking down) and 1 of roll. Perspective at arm's length is
ignored. Advice for choosing a picture, never a measurement of the head.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .base import LandmarkScheme

Points = NDArray[np.float64]

# Frontal proportions: the alignment templates that the two schemes' recognisers were trained on
# (ArcFace's 112 px template; dlib's five-point chip). Depths: an adult's mean head, in round
# figures (nose tip 27 mm before the eyes, base of the nose 14 mm, outer eye corners 9 mm behind
# the inner ones, eye centres 63 mm apart).
MEAN_FACE: dict[LandmarkScheme, tuple[tuple[float, float, float], ...]] = {
    LandmarkScheme.EYES_NOSE_MOUTH: (
        (-0.50, 0.0, 0.0),
        (0.50, 0.0, 0.0),
        (0.0, 0.57, 0.43),
        (-0.41, 1.155, 0.05),
        (0.41, 1.155, 0.05),
    ),
    LandmarkScheme.EYE_CORNERS_NOSE: (
        (0.703, -0.015, -0.07),
        (0.297, 0.015, 0.07),
        (-0.703, -0.015, -0.07),
        (-0.297, 0.015, 0.07),
        (0.0, 0.774, 0.22),
    ),
}
MAX_YAW = 80
MAX_PITCH = 60
# How far a real frontal face lies from the mean face, as a part of its size; and how far heads
# turn in ordinary pictures, in degrees. Together they say how strongly frontal is preferred.
SHAPE_SPREAD = 0.05
YAW_SPREAD = 60.0
PITCH_SPREAD = 40.0


def eye_centres(points: Points, scheme: LandmarkScheme) -> tuple[Points, Points]:
    """The centres (x, y) of the picture's left and right eye from five points [5, 2]."""
    if scheme is LandmarkScheme.EYES_NOSE_MOUTH:
        return points[0], points[1]
    return points[2:4].mean(axis=0), points[0:2].mean(axis=0)


def estimate_pose(points: Points, scheme: LandmarkScheme) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees from finite points [5, 2] in pixels; see the module.

    Yaw lies in -80..80 (positive: to the picture's right), pitch in -60..60 (positive: up), roll
    in -180..180 (positive: clockwise). Points that coincide give zeros.
    """
    left, right = eye_centres(points, scheme)
    across = right - left
    roll = float(np.arctan2(across[1], across[0]))
    centred = points - points.mean(axis=0)
    size = float(np.linalg.norm(centred))
    if size < 1e-6:
        return 0.0, 0.0, 0.0
    cos, sin = np.cos(roll), np.sin(roll)
    upright = centred @ np.array([[cos, -sin], [sin, cos]]) / size
    angles, shapes, penalties = _grid(scheme)
    closeness = np.maximum(0.0, shapes @ upright.ravel())
    best = int(np.argmin((1.0 - closeness**2) / SHAPE_SPREAD**2 + penalties))
    return float(angles[best, 0]), float(angles[best, 1]), float(np.degrees(roll))


def project(scheme: LandmarkScheme, yaw: float, pitch: float, roll: float = 0.0) -> Points:
    """The mean face's five points [5, 2], in eye distances, turned by these angles in degrees."""
    x, y, z = np.array(MEAN_FACE[scheme]).T
    turn, nod, tilt = np.radians([yaw, pitch, roll])
    nodded_y = y * np.cos(nod) - z * np.sin(nod)
    nodded_z = y * np.sin(nod) + z * np.cos(nod)
    turned_x = x * np.cos(turn) + nodded_z * np.sin(turn)
    return np.stack(
        [
            turned_x * np.cos(tilt) - nodded_y * np.sin(tilt),
            turned_x * np.sin(tilt) + nodded_y * np.cos(tilt),
        ],
        axis=1,
    )


@cache
def _grid(scheme: LandmarkScheme) -> tuple[Points, Points, Points]:
    """Angles [G, 2], centred unit-norm projections [G, 10] and prior penalties [G]."""
    angles = np.array(
        [
            (yaw, pitch)
            for yaw in range(-MAX_YAW, MAX_YAW + 1)
            for pitch in range(-MAX_PITCH, MAX_PITCH + 1)
        ],
        dtype=np.float64,
    )
    shapes = np.stack([project(scheme, yaw, pitch) for yaw, pitch in angles])
    shapes -= shapes.mean(axis=1, keepdims=True)
    shapes = shapes.reshape(len(shapes), 10)
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True)
    penalties = (angles[:, 0] / YAW_SPREAD) ** 2 + (angles[:, 1] / PITCH_SPREAD) ** 2
    return angles, shapes, penalties
