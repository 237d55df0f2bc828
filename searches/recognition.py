"""The one engine of this process, and what Candor asks of it."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from searches.engines.base import EngineConfig, EngineError, Face, FaceEngine, RGBImage
from searches.engines.measures import Measures, measure_face
from searches.engines.orientation import OrientedFaces, detect_oriented, turned
from searches.engines.registry import load_engine
from searches.faults import Fault
from searches.images import ImageLimits, crop, encode_jpeg

_loaded: dict[int, FaceEngine] = {}


def engine_config() -> EngineConfig:
    package = settings.ENGINE_PACKAGE
    return EngineConfig(
        models=Path(settings.MODELS_DIR),
        package=Path(package) if package else None,
        threads=settings.ENGINE_THREADS,
    )


def engine() -> FaceEngine:
    """This process's engine, loaded on first use and never carried over a fork."""
    pid = os.getpid()
    if pid not in _loaded:
        _loaded.clear()
        _loaded[pid] = load_engine(settings.ENGINE, engine_config())
    return _loaded[pid]


def image_limits() -> ImageLimits:
    return ImageLimits(
        max_bytes=settings.UPLOAD_MAX_BYTES, max_pixels=settings.IMAGE_MAX_MEGAPIXELS * 1_000_000
    )


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """What enrolment keeps of a picture with exactly one usable face."""

    face: Face
    quarter_turns: int
    portrait: bytes
    vector: NDArray[np.float32]
    measures: Measures | None = None


MIN_EYE_DISTANCE = 16.0
"""Pixels between the eye centres below which no useful template is to be had. ISO/IEC 39794-5
asks for far more (90) of an identity document; this is only the point of no use."""

PORTRAIT_SIZE = 320


def face_to_enrol(rgb: RGBImage) -> EnrolledFace:
    """Measure the one face of a gallery picture.

    Raises Fault: no_face, several_faces, face_too_small or face_unusable.
    """
    found = find_faces(rgb)
    if not found.faces:
        raise Fault("no_face")
    if len(found.faces) > 1:
        raise Fault("several_faces")
    face = found.faces[0]
    if face.quality.eye_distance < MIN_EYE_DISTANCE:
        raise Fault("face_too_small")
    vector = embed_face(found.image, face)
    measures = measure_face(found.image, face, engine().landmark_scheme)
    shown = portrait(found.image, face)
    return EnrolledFace(face, found.quarter_turns, shown, vector, measures)


def find_faces(rgb: RGBImage, quarter_turns: int | None = None) -> OrientedFaces:
    """All faces of a picture, tried upright first and then turned; or turned as a person said."""
    if quarter_turns is None:
        return detect_oriented(engine(), rgb)
    upright = turned(rgb, quarter_turns)
    return OrientedFaces(upright, quarter_turns, engine().detect(upright))


def embed_face(upright: RGBImage, face: Face) -> NDArray[np.float32]:
    """The template of one face, [dimension]. Raises Fault("face_unusable")."""
    try:
        vector: NDArray[np.float32] = engine().embed(upright, [face])[0]
        return vector
    except EngineError as error:
        raise Fault("face_unusable" if error.permanent else "engine_failed") from error


def portrait(upright: RGBImage, face: Face) -> bytes:
    """The face with some surroundings as a JPEG without metadata."""
    return encode_jpeg(crop(upright, face.box, margin=0.45, size=PORTRAIT_SIZE), quality=88)
