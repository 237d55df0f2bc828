"""dlib itself, which the open engine is held against."""

import math
from functools import cache
from typing import Any

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from searches.engines.base import Box, RGBImage
from searches.engines.open.dlib_files import (
    DETECTOR_FILE,
    PREDICTOR_FILE,
    RECOGNISER_FILE,
    locate,
)


@cache
def detector() -> Any:
    return dlib.cnn_face_detection_model_v1(str(locate(DETECTOR_FILE)))


@cache
def predictor() -> Any:
    return dlib.shape_predictor(str(locate(PREDICTOR_FILE)))


@cache
def recogniser() -> Any:
    return dlib.face_recognition_model_v1(str(locate(RECOGNISER_FILE)))


def boxes(image: RGBImage) -> list[Box]:
    rectangles = [found.rect for found in detector()(image, 0)]
    return [Box(r.left(), r.top(), r.right(), r.bottom()) for r in rectangles]


def shape(image: RGBImage, box: Box) -> Any:
    edges = (box.left, box.top, box.right, box.bottom)
    return predictor()(image, dlib.rectangle(*(math.floor(edge + 0.5) for edge in edges)))


def points(image: RGBImage, box: Box) -> list[tuple[float, float]]:
    return [(float(p.x), float(p.y)) for p in shape(image, box).parts()]


def chip(image: RGBImage, box: Box) -> RGBImage:
    cut: RGBImage = dlib.get_face_chip(image, shape(image, box), 150, 0.25)
    return cut


def embedding(face_chip: RGBImage) -> NDArray[np.float64]:
    return np.array(recogniser().compute_face_descriptor(face_chip))


def enlarged(image: RGBImage, factor: float, degrees: float = 0.0) -> RGBImage:
    """The picture resized and turned around its centre."""
    height, width = image.shape[:2]
    size = (round(width * factor), round(height * factor))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), degrees, 1.0)
    return cv2.warpAffine(resized, turn, size).astype(np.uint8)
