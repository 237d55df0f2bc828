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

    Of the turned pictures the one whose best face has the highest detector score is taken. A
    picture without any face therefore costs four detections. Raises what `engine.detect` raises.
    """
    upright = engine.detect(image)
    if upright:
        return OrientedFaces(image, 0, upright)
    best = OrientedFaces(image, 0, [])
    best_score = 0.0
    for quarter_turns in TURNS:
        picture = turned(image, quarter_turns)
        faces = engine.detect(picture)
        score = max((face.score for face in faces), default=0.0)
        if faces and (not best.faces or score > best_score):
            best, best_score = OrientedFaces(picture, quarter_turns, faces), score
    return best
