"""Finds faces of every size: runs the detector's graph over a pyramid of the picture's copies."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from searches.engines.base import Box, RGBImage, overlap

from .detector_graph import CELL, FIRST_CELL, WINDOW

# One level answers to faces of about 64 to 100 px, so that steps of 4/3 overlap.
STEP = 4 / 3
# Small pictures are enlarged so that faces of 40 px reach 64 px; large ones are reduced so that
# the work stays bounded (about 0.1 to 0.15 us of one core per pixel of the first level, times 2.3).
LARGEST_ENLARGEMENT = 1.75
LARGEST_AREA = 4_000_000
LONGEST_SIDE = 4000
# The last level's shorter side: a face whose window is wider than the picture is still found.
SMALLEST_LEVEL = 42
# The border carries the mean colour that the network subtracts: to it, nothing is there. Black,
# as in dlib, hides faces that the picture's edge cuts.
BORDER = 40
BORDER_COLOUR = (123, 117, 104)
OVERLAP = 0.3382761351109955  # intersection over union; the value in the detector's own file


@dataclass(frozen=True, slots=True)
class Detection:
    """A face window and the network's raw score, above 0."""

    box: Box
    raw: float

    @property
    def score(self) -> float:
        """The raw score s mapped to 0..1 as 1 - exp(-2 s): 0 stays 0, a clear face (1) is 0.86."""
        return 1.0 - math.exp(-2.0 * self.raw)


def find_faces(session: InferenceSession, image: RGBImage) -> list[Detection]:
    """All faces of an RGB picture, best first: from about 40 px to more than the whole picture.

    In pictures above 1.3 megapixels the smallest face grows with the picture's side (about 110 px
    at 12 megapixels). Deterministic: equal scores are ordered by level, row and column.
    """
    found: list[Detection] = []
    for level, scale_x, scale_y in pyramid(image):
        scores = session.run(["scores"], {"image": framed(level)})[0][0, 0]
        found += _windows(scores, scale_x, scale_y)
    found.sort(key=lambda detection: -detection.raw)  # stable
    groups: list[list[Detection]] = []
    for detection in found:
        for group in groups:
            if overlap(detection.box, group[0].box) > OVERLAP:
                group.append(detection)
                break
        else:
            groups.append([detection])
    return [_merged(group) for group in groups]


def _merged(group: list[Detection]) -> Detection:
    """One face from the windows that saw it: the best score, the mean box weighted by score.

    The best window alone would jump between neighbours of nearly the same score, by 8 px of its
    level or by a whole level, with the smallest change of a pixel.
    """
    weights = np.array([detection.raw for detection in group])
    edges = np.array([(d.box.left, d.box.top, d.box.right, d.box.bottom) for d in group])
    left, top, right, bottom = (float(edge) for edge in weights @ edges / weights.sum())
    return Detection(Box(left, top, right, bottom), group[0].raw)


def pyramid(image: RGBImage) -> Iterator[tuple[RGBImage, float, float]]:
    """The copies to search, largest first, each with its scale to the picture in x and y."""
    height, width = image.shape[:2]
    scale = min(
        LARGEST_ENLARGEMENT,
        math.sqrt(LARGEST_AREA / (width * height)),
        LONGEST_SIDE / max(width, height),
    )
    level = image
    while True:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        way = cv2.INTER_AREA if size[0] < level.shape[1] else cv2.INTER_LINEAR
        level = cv2.resize(level, size, interpolation=way).astype(np.uint8, copy=False)
        yield level, size[0] / width, size[1] / height
        scale /= STEP
        if min(width, height) * scale < SMALLEST_LEVEL:
            return


def framed(level: RGBImage) -> NDArray[np.float32]:
    """The level inside its border, as the graph takes it: float32 [1, 3, height, width]."""
    edges = (BORDER, BORDER, BORDER, BORDER)
    framed_level = cv2.copyMakeBorder(level, *edges, cv2.BORDER_CONSTANT, value=BORDER_COLOUR)
    blob = np.empty((1, 3, *framed_level.shape[:2]), np.float32)
    for channel, plane in enumerate(cv2.split(framed_level)):
        blob[0, channel] = plane
    return blob


def _windows(scores: NDArray[np.float32], scale_x: float, scale_y: float) -> list[Detection]:
    """The windows with a positive score, in the picture's pixels."""
    half = (WINDOW - 1) / 2  # sides run through pixel centres, as in dlib's rectangles
    found = []
    for row, column in np.argwhere(scores > 0):
        x = column * CELL + FIRST_CELL - BORDER
        y = row * CELL + FIRST_CELL - BORDER
        # + 0.5 and - 0.5: scaling keeps the pixels' edges in place, not their centres.
        box = Box(
            left=float((x - half + 0.5) / scale_x - 0.5),
            top=float((y - half + 0.5) / scale_y - 0.5),
            right=float((x + half + 0.5) / scale_x - 0.5),
            bottom=float((y + half + 0.5) / scale_y - 0.5),
        )
        found.append(Detection(box, float(scores[row, column])))
    return found
