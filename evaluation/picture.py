"""One picture: from its file to its template, each stage timed. No models here: worker processes
import it without setting Django's applications up.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.qualities import qualities_of
from searches.engines.base import Face, FaceEngine, LandmarkScheme, RGBImage
from searches.engines.measures import face_frame, measure_face
from searches.engines.pose import eye_centres
from searches.faults import Fault
from searches.images import ImageRejected, decode
from searches.measuring import end_with_parent, read_regular
from searches.recognition import Slot, embed_face, find_faces, image_limits, loaded, one_face

THUMBNAIL = 32  # pixels a side
AREA = cv2.INTER_AREA


@dataclass(frozen=True, slots=True)
class Embedded:
    """What is kept of a picture with a template; times are milliseconds of wall clock."""

    vector: NDArray[np.float32]
    qualities: list[float]
    thumbnails: NDArray[np.uint8]
    sha256: str
    decode_ms: float
    detect_ms: float
    embed_ms: float


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a picture has no template; `code` as in searches.faults and searches.images."""

    code: str
    message: str
    sha256: str = ""


def prepare(slot: Slot) -> None:
    """Each worker process loads its engine before its first picture, and ends with its parent."""
    end_with_parent()
    loaded(slot)


def embed_file(path: Path, slot: Slot, largest: bool) -> Embedded | Failed:
    """Decode, find the face, embed it. `largest` takes the largest of several faces."""
    try:
        data = read_regular(path)
    except (Fault, ImageRejected) as fault:
        return Failed(fault.code, str(fault.message))
    digest = hashlib.sha256(data).hexdigest()
    try:
        return _embed(data, digest, loaded(slot), largest)
    except (Fault, ImageRejected) as fault:
        return Failed(fault.code, str(fault.message), digest)


def _embed(data: bytes, digest: str, used: FaceEngine, largest: bool) -> Embedded:
    began = perf_counter()
    decoded = decode(data, image_limits())
    at_decoded = perf_counter()
    found = find_faces(decoded.rgb, by=used)
    at_found = perf_counter()
    face = one_face(found.faces[:1] if largest else found.faces)
    vector = embed_face(found.image, face, by=used)
    at_end = perf_counter()
    return Embedded(
        vector=vector,
        qualities=qualities_of(face, measure_face(found.image, face, used.landmark_scheme)),
        thumbnails=_thumbnails(found.image, face, used.landmark_scheme),
        sha256=digest,
        decode_ms=(at_decoded - began) * 1000,
        detect_ms=(at_found - at_decoded) * 1000,
        embed_ms=(at_end - at_found) * 1000,
    )


def _thumbnails(image: RGBImage, face: Face, scheme: LandmarkScheme) -> NDArray[np.uint8]:
    """The whole picture, and the face with its eyes at fixed places, both small and grey.

    Enough to tell whether two pictures are one: the first if it was scaled or saved again, the
    second, less surely, if it was cut. [2, THUMBNAIL, THUMBNAIL].
    """
    left, right = eye_centres(np.array(face.landmarks, dtype=np.float64), scheme)
    small = [
        cv2.resize(
            cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), (THUMBNAIL, THUMBNAIL), interpolation=AREA
        )
        for shown in (image, face_frame(image, left, right))
    ]
    return np.stack(small).astype(np.uint8, copy=False)
