"""Measures of an enrolled face after ISO/IEC 29794-5:2025, as far as five landmarks carry them.

Names and formulas follow the standard's reference implementation OFIQ 1.0 (BSI); each field says
which component it is after and how it differs. What the standard does with a trained model
(occlusion, expression, eyes and mouth open, head coverings, the unified score) is not here: no
attribute of a person is inferred. All of it is advice and refuses nothing.

The face is looked at in an upright frame in which the eye centres lie 64 px apart, so that the
measures do not depend on the picture's size; only what is about size is taken from the picture.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .base import Face, LandmarkScheme, RGBImage
from .blocks import blockiness
from .pose import Points, eye_centres

EYES = 64  # pixels between the eye centres in the frame
WIDTH, HEIGHT = 160, 192
LEFT_EYE, RIGHT_EYE = (48, 64), (112, 64)
# Eye line to mouth and to chin in eye distances: the mean face of `pose`, and an adult's 120 mm to
# 63 mm. Five landmarks have no chin, so OFIQ's T (eye line to chin) is estimated by it.
TO_MOUTH, TO_CHIN = 1.155, 1.9
DARK, LIGHT = 25, 247
NO_COLOUR = 100.0
Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Measures:
    """What is known of one enrolled face; every number is finite.

    Absent landmarks or a face outside the picture give zeros.
    """

    eye_distance: float
    """Pixels between the eye centres (InterEyeDistance, without its correction by the yaw)."""
    head_size: float
    """Eye line to chin as part of the picture's height, 0.. (HeadSize; chin estimated)."""
    sharpness: float
    """0..1, from the Laplacian's variance (`quality`; OFIQ's Sharpness is a trained forest)."""
    under_exposed: float
    """Part of the face's pixels with luma 0..25, 0..1 (UnderExposurePrevention)."""
    over_exposed: float
    """Part of the face's pixels with luma 247..255, 0..1 (OverExposurePrevention)."""
    dynamic_range: float
    """Entropy of the face's luma in bits, 0..8 (DynamicRange)."""
    evenness: float
    """Intersection of the luma histograms of both cheeks, 0..1 (IlluminationUniformity; in bins of
    8, not of 1: with those the sum falls with the number of pixels in a cheek)."""
    colour_distance: float
    """How far the cheeks' mean CIELAB a, b lie outside 5..25 and 5..35; 0 is natural, 100 no skin
    colour at all (NaturalColour). Depends on the light and not on how dark the skin is."""
    yaw: float
    """Degrees, positive to the picture's right (HeadPose; here from the five landmarks)."""
    pitch: float
    """Degrees, positive up (HeadPose)."""
    roll: float
    """Degrees, positive clockwise (HeadPose)."""
    left_margin: float
    """Eye distances from the picture's left eye to that edge (LeftwardCrop); negative: outside."""
    right_margin: float
    """Eye distances from the picture's right eye to that edge (RightwardCrop)."""
    top_margin: float
    """From the eye line to the top edge in eye-chin lengths (DownwardCrop)."""
    bottom_margin: float
    """From the eye line to the bottom edge in eye-chin lengths (UpwardCrop)."""
    eye_contrast: float
    """Hint: luma from the 5th to the 95th percentile around each eye over 255, the weaker eye. Low
    where an eye is covered evenly: dark glasses, a patch, hair. Not a measure of the standard."""
    mouth_colour: float
    """Hint: CIELAB distance between the region around the mouth and the root of the nose, which a
    mask leaves free. High where cloth of another colour covers the mouth; a beard or a fringe
    raises it too. Not of the standard."""
    blockiness: float
    """How much stronger steps at the lines of an 8-pixel grid are than elsewhere; 0 is none
    (CompressionArtifacts is a trained network; this is the classical measure, see `blocks`)."""

    def as_json(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Measures | None":
        """The measures of a stored picture; None for one from before there were any."""
        names = [field.name for field in fields(cls)]
        if not all(name in value for name in names):
            return None
        return cls(**{name: float(value[name]) for name in names})


def measure_face(image: RGBImage, face: Face, scheme: LandmarkScheme) -> Measures:
    """All measures of a face in an upright uint8 RGB picture."""
    points = np.array(face.landmarks, dtype=np.float64)
    known = points.shape == (5, 2) and bool(np.isfinite(points).all())
    left, right = eye_centres(points, scheme) if known else (np.zeros(2), np.zeros(2))
    distance = float(np.hypot(*(right - left)))
    if distance < 1.0:
        return Measures(**dict.fromkeys([field.name for field in fields(Measures)], 0.0))
    frame = face_frame(image, left, right)
    return Measures(
        eye_distance=distance,
        head_size=distance * TO_CHIN / image.shape[0],
        sharpness=face.quality.sharpness,
        **_light(frame),
        **_colour(frame),
        yaw=face.quality.yaw,
        pitch=face.quality.pitch,
        roll=face.quality.roll,
        **_margins(image, left, right, distance),
        eye_contrast=min(_contrast(frame, LEFT_EYE), _contrast(frame, RIGHT_EYE)),
        blockiness=blockiness(image, face.box),
    )


def face_frame(image: RGBImage, left: Points, right: Points) -> RGBImage:
    """The face upright, with its eyes at their places [HEIGHT, WIDTH, 3]."""
    across = right - left
    scale = EYES / float(np.hypot(*across))
    turn = np.arctan2(across[1], across[0])
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    rotation = np.array([[cos, sin], [-sin, cos]])
    shift = np.array(LEFT_EYE) - rotation @ left
    matrix = np.column_stack([rotation, shift])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    found = cv2.warpAffine(
        image, matrix, (WIDTH, HEIGHT), flags=way, borderMode=cv2.BORDER_REPLICATE
    )
    return found.astype(np.uint8, copy=False)


def _mask() -> Luma:
    """The pixels of the frame that are face on a mean head: brows to chin."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (80, 110), (54, 70), 0, 0, 360, 1, -1)
    return mask


FACE_MASK = _mask()
FACE_PIXELS = float(FACE_MASK.sum())
CHEEK = round(0.3 * EYES)  # the standard's measurement zones: squares of 0.3 eye distances
NOSE_Y = LEFT_EYE[1] - 10  # between the brows
CHEEK_Y = round(LEFT_EYE[1] + TO_MOUTH * EYES / 2)


def _cheeks(frame: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    half = CHEEK // 2
    rows = slice(CHEEK_Y - half, CHEEK_Y + half + 1)
    left, right = (frame[rows, x - half : x + half + 1] for x in (LEFT_EYE[0], RIGHT_EYE[0]))
    return left, right


def _light(frame: RGBImage) -> dict[str, float]:
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    counts = cv2.calcHist([luma], [0], FACE_MASK, [256], [0, 256]).ravel() / FACE_PIXELS
    there = counts[counts > 0]
    left, right = (
        cv2.calcHist([np.ascontiguousarray(cheek)], [0], None, [32], [0, 256]) / cheek.size
        for cheek in _cheeks(luma)
    )
    return {
        "under_exposed": float(counts[: DARK + 1].sum()),
        "over_exposed": float(counts[LIGHT:].sum()),
        "dynamic_range": float(-(there * np.log2(there)).sum()),
        "evenness": float(np.minimum(left, right).sum()),
    }


def _colour(frame: RGBImage) -> dict[str, float]:
    cheeks = np.concatenate(_cheeks(frame), axis=1)
    mouth_y = round(LEFT_EYE[1] + TO_MOUTH * EYES)
    mouth = frame[mouth_y - CHEEK // 2 : mouth_y + CHEEK // 2, LEFT_EYE[0] : RIGHT_EYE[0]]
    nose = frame[NOSE_Y - 8 : NOSE_Y + 9, 72:89]
    cheek, around, root = (_mean_lab(region) for region in (cheeks, mouth, nose))
    return {
        "colour_distance": _from_natural(cheek[1], cheek[2]),
        "mouth_colour": float(np.linalg.norm(root - around)),
    }


def _mean_lab(region: NDArray[Any]) -> Points:
    scaled = np.ascontiguousarray(region).astype(np.float32) / 255.0
    mean: Points = cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB).reshape(-1, 3).mean(axis=0)
    return mean.astype(np.float64)


def _from_natural(a: float, b: float) -> float:
    if a < 0 or b < 0:
        return NO_COLOUR
    return float(np.hypot(max(0.0, 5 - a, a - 25), max(0.0, 5 - b, b - 35)))


def _contrast(frame: RGBImage, eye: tuple[int, int]) -> float:
    x, y = eye
    region = frame[y - 10 : y + 11, x - 19 : x + 20]
    luma = cv2.cvtColor(np.ascontiguousarray(region), cv2.COLOR_RGB2GRAY)
    low, high = np.percentile(luma, [5, 95])
    return float(high - low) / 255.0


def _margins(image: RGBImage, left: Points, right: Points, distance: float) -> dict[str, float]:
    height, width = image.shape[:2]
    middle = (left + right) / 2
    return {
        "left_margin": float(left[0]) / distance,
        "right_margin": float(width - 1 - right[0]) / distance,
        "top_margin": float(middle[1]) / (distance * TO_CHIN),
        "bottom_margin": float(height - 1 - middle[1]) / (distance * TO_CHIN),
    }
