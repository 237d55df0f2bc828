"""One picture: from its file to its template, each stage timed. No models here: worker processes
import it without setting Django's applications up.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from evaluation.qualities import qualities_of
from searches.engines.base import Face, FaceEngine, RGBImage
from searches.engines.measures import measure_face
from searches.faults import Fault
from searches.images import ImageRejected, crop, decode
from searches.measuring import end_with_parent, read_regular
from searches.recognition import Slot, embed_face, find_faces, image_limits, loaded, one_face

THUMBNAIL = 32
_MARGIN = 0.1


@dataclass(frozen=True, slots=True)
class Embedded:
    """What is kept of a picture with a template; times are milliseconds of wall clock."""

    vector: NDArray[np.float32]
    qualities: list[float]
    thumbnail: NDArray[np.uint8]
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
        thumbnail=_thumbnail(found.image, face),
        sha256=digest,
        decode_ms=(at_decoded - began) * 1000,
        detect_ms=(at_found - at_decoded) * 1000,
        embed_ms=(at_end - at_found) * 1000,
    )


def _thumbnail(image: RGBImage, face: Face) -> NDArray[np.uint8]:
    """The face in grey, [THUMBNAIL, THUMBNAIL]: enough to tell whether two pictures are one."""
    square = crop(image, face.box, margin=_MARGIN, size=THUMBNAIL)
    return np.asarray(square.mean(axis=2).round(), dtype=np.uint8)
