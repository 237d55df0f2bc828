"""Finding faces in pictures that lie on their side or upside down.

EXIF orientation is applied when a picture is decoded; this is for scans, screenshots and messages
that lost it. Detectors tolerate a tilted head, not a quarter turn.
"""

from dataclasses import dataclass

import numpy as np

from .base import Face, FaceEngine, RGBImage

# Clockwise quarter turns in the order they are tried: phones turn pictures sideways far more
# often than upside down. At equal scores the earlier one wins.
TURNS = (1, 3, 2)


@dataclass(frozen=True, slots=True)
class OrientedFaces:
    """A picture turned upright and the faces in it.

    `image` is the given picture turned clockwise by `quarter_turns` (0..3) times 90 degrees, and
    `faces` are in the coordinates of `image`. Nothing was turned when no orientation has a face.
    """

    image: RGBImage
    quarter_turns: int
    faces: list[Face]


def turned(image: RGBImage, quarter_turns: int) -> RGBImage:
    """The picture turned clockwise by quarter turns, in contiguous memory."""
    return np.ascontiguousarray(np.rot90(image, -quarter_turns))


def detect_oriented(engine: FaceEngine, image: RGBImage) -> OrientedFaces:
    """Detect faces upright; only when there is none, in the three turned pictures.

    Detectors often find a face that lies on its side, with a score as high as upright, but not one
    that stands on its head. So the orientation is taken whose best score exceeds that of its own
    upside-down picture most. A picture without any face costs four detections. Raises what
    `engine.detect` raises.
    """
    upright = engine.detect(image)
    if upright:
        return OrientedFaces(image, 0, upright)
    found = {turns: engine.detect(turned(image, turns)) for turns in TURNS}
    scores = {turns: max((face.score for face in found[turns]), default=0.0) for turns in TURNS}
    if not any(found.values()):
        return OrientedFaces(image, 0, [])
    best = max(TURNS, key=lambda turns: scores[turns] - scores.get((turns + 2) % 4, 0.0))
    return OrientedFaces(turned(image, best), best, found[best])
