"""The engines of this process, and what Candor asks of them.

An installation has one engine, and a second one while galleries change from the one to the other.
A process loads an engine when it first needs it, and keeps it.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from portal.watching import engine_step
from searches.engines.base import (
    Box,
    EngineConfig,
    EngineError,
    EngineFacts,
    Face,
    FaceEngine,
    RGBImage,
    overlap,
)
from searches.engines.measures import Measures, measure_face
from searches.engines.orientation import OrientedFaces, detect_oriented, turned
from searches.engines.registry import describe_engine, load_engine
from searches.faults import Fault
from searches.images import ImageLimits, crop, encode_jpeg


@dataclass(frozen=True, slots=True)
class Slot:
    """An engine that the settings name: its kind, and where its models are."""

    kind: str
    config: EngineConfig

    def describe(self) -> EngineFacts:
        """Without loading it. Raises EngineError."""
        return describe_engine(self.kind, self.config)


_loaded: dict[int, dict[Slot, FaceEngine]] = {}


def slots() -> list[Slot]:
    """The installation's engine, and the second one if there is one."""
    named = [(settings.ENGINE, settings.ENGINE_PACKAGE)]
    if settings.ENGINE_NEXT:
        named.append((settings.ENGINE_NEXT, settings.ENGINE_NEXT_PACKAGE))
    return [slot_of(kind, package) for kind, package in named]


def slot_of(kind: str, package: str) -> Slot:
    """An engine with the folder of its model package; "" for the one in the models' folder."""
    config = EngineConfig(
        models=Path(settings.MODELS_DIR),
        package=Path(package) if package else None,
        threads=settings.ENGINE_THREADS,
    )
    return Slot(kind, config)


def engine() -> FaceEngine:
    """The installation's engine: new galleries and the faces in probes are its work."""
    return loaded(slots()[0])


def engine_for(contract_id: str) -> FaceEngine:
    """The engine whose embeddings have this contract.

    Raises Fault("contract_missing") when the installation has none, and EngineError when one that
    might be it cannot be read.
    """
    problem: EngineError | None = None
    here = _loaded.get(os.getpid(), {})
    for slot in sorted(slots(), key=lambda slot: slot not in here):
        try:
            facts = here.get(slot) or slot.describe()
        except EngineError as error:
            problem = error
            continue
        if facts.contract.id == contract_id:
            return loaded(slot)
    raise problem or Fault("contract_missing")


def loaded(slot: Slot) -> FaceEngine:
    """This process's engine of a slot, loaded on first use and never carried over a fork."""
    pid = os.getpid()
    if pid not in _loaded:
        _loaded.clear()
        _loaded[pid] = {}
    if slot not in _loaded[pid]:
        _loaded[pid][slot] = load_engine(slot.kind, slot.config)
    return _loaded[pid][slot]


def image_limits() -> ImageLimits:
    return ImageLimits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_pixels=settings.IMAGE_MAX_MEGAPIXELS * 1_000_000,
        must_be_filtered=settings.DECODER_SANDBOX == "required",
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


SAME_FACE = 0.25
"""Overlap of two engines' boxes (intersection over union) from which they mean the same face:
they draw their boxes differently around it, and the boxes of neighbours hardly overlap."""


def face_to_enrol(rgb: RGBImage, used: FaceEngine) -> EnrolledFace:
    """Measure the one face of a gallery picture.

    Raises Fault: no_face, several_faces, face_too_small or face_unusable.
    """
    found = find_faces(rgb, by=used)
    face = one_face(found.faces)
    vector = embed_face(found.image, face, by=used)
    measures = measure_face(found.image, face, used.landmark_scheme)
    shown = portrait(found.image, face)
    return EnrolledFace(face, found.quarter_turns, shown, vector, measures)


def one_face(faces: Sequence[Face]) -> Face:
    """The one face of a picture, if it is large enough.

    Raises Fault: no_face, several_faces or face_too_small.
    """
    if not faces:
        raise Fault("no_face")
    if len(faces) > 1:
        raise Fault("several_faces")
    if faces[0].quality.eye_distance < MIN_EYE_DISTANCE:
        raise Fault("face_too_small")
    return faces[0]


def find_faces(
    rgb: RGBImage, quarter_turns: int | None = None, *, by: FaceEngine | None = None
) -> OrientedFaces:
    """All faces of a picture, tried upright first and then turned; or turned as a person said."""
    used = by or engine()
    with engine_step(used.name, "detect"):
        if quarter_turns is None:
            return detect_oriented(used, rgb)
        upright = turned(rgb, quarter_turns)
        return OrientedFaces(upright, quarter_turns, used.detect(upright))


def same_face(faces: Iterable[Face], box: Box) -> Face | None:
    """The face that another engine found at `box`, as these faces have it; None: it has none."""
    at = {overlap(face.box, box): face for face in faces}
    best = max(at, default=0.0)
    return at[best] if best >= SAME_FACE else None


def embed_face(
    upright: RGBImage, face: Face, *, by: FaceEngine | None = None
) -> NDArray[np.float32]:
    """The template of one face that the same engine found, [dimension].

    Raises Fault("face_unusable").
    """
    used = by or engine()
    try:
        with engine_step(used.name, "embed"):
            vector: NDArray[np.float32] = used.embed(upright, [face])[0]
        return vector
    except EngineError as error:
        raise Fault("face_unusable" if error.permanent else "engine_failed") from error


def portrait(upright: RGBImage, face: Face) -> bytes:
    """The face with some surroundings as a JPEG without metadata."""
    return encode_jpeg(crop(upright, face.box, margin=0.45, size=PORTRAIT_SIZE), quality=88)
