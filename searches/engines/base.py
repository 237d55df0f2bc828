"""What every face recognition engine promises, and the values that pass between it and Candor.

Pictures are uint8 RGB arrays [height, width, 3], upright; coordinates are pixels with the origin
at the centre of the top-left pixel, x to the right, y down.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

RGBImage: TypeAlias = NDArray[np.uint8]
Embeddings: TypeAlias = NDArray[np.float32]


class EngineError(Exception):
    """An engine cannot be loaded or cannot work on an input.

    `code` is stable and shown to users; `permanent` says that trying again cannot help.
    """

    def __init__(self, code: str, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Box:
    """A face's bounding box in pixels; may reach beyond the picture's edges."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0..1."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.area + b.area - shared)


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of one face, given as advice and never as a verdict on the person.

    `eye_distance` is in pixels between the eye centres; `sharpness` and `brightness` lie in 0..1;
    `yaw`, `pitch` and `roll` are degrees estimated from the five landmarks (0 is frontal and
    upright; positive yaw turns to the picture's right, positive pitch looks up, positive roll is
    clockwise in the picture).
    """

    eye_distance: float
    sharpness: float
    brightness: float
    yaw: float
    pitch: float
    roll: float


class LandmarkScheme(StrEnum):
    """Which five points an engine's landmarks are, in order; left and right are the picture's."""

    EYES_NOSE_MOUTH = "eyes-nose-mouth"  # left eye, right eye, nose tip, mouth left, mouth right
    EYE_CORNERS_NOSE = "eye-corners-nose"  # dlib's: right eye outer, inner; left outer, inner; nose


@dataclass(frozen=True, slots=True)
class Face:
    """One face found in a picture. `score` is the detector's own score scaled to 0..1."""

    box: Box
    landmarks: tuple[tuple[float, float], ...]
    score: float
    quality: Quality

    def as_json(self) -> dict[str, Any]:
        """The face as plain JSON values; `from_json` gives an equal face back."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            box=Box(**value["box"]),
            landmarks=tuple((float(x), float(y)) for x, y in value["landmarks"]),
            score=float(value["score"]),
            quality=Quality(**value["quality"]),
        )


@dataclass(frozen=True, slots=True)
class EmbeddingContract:
    """Everything that decides what an embedding means.

    Templates under different contracts are never compared: the same face gives unrelated numbers.
    """

    engine: str
    weights_sha256: str
    preprocessing: str
    dimension: int

    @property
    def id(self) -> str:
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return "candor-ec1-sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


class LicenceState(StrEnum):
    OPEN = "open"  # public domain or an open licence; any use
    COMMERCIAL = "commercial"  # verified grant for commercial use
    NON_COMMERCIAL = "non-commercial"  # research only, or no licence file at all
    INVALID = "invalid"  # a licence file is there but proves nothing (forged, other model, expired)


@dataclass(frozen=True, slots=True)
class ModelLicence:
    """What the weights may be used for, as far as it can be verified offline."""

    state: LicenceState
    title: str
    message: str

    @property
    def permits_agency_use(self) -> bool:
        return self.state in (LicenceState.OPEN, LicenceState.COMMERCIAL)


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Where an engine finds its models and how many CPU threads one process may use.

    `models` is the folder that Candor builds packages into; `package` the folder of another model
    package, which some engines need.
    """

    models: Path
    package: Path | None = None
    threads: int = 1


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What a model package says of its engine, read without loading a model."""

    name: str
    contract: EmbeddingContract
    licence: ModelLicence
    scale: str


class FaceEngine(Protocol):
    """One loaded engine: immutable after loading, used by one process, safe for its threads."""

    name: str
    contract: EmbeddingContract
    licence: ModelLicence
    landmark_scheme: LandmarkScheme
    scale: str
    """The similarity scale's name for pages and reports, e.g. "cosine, dlib ResNet 128-d"."""
    published_threshold: float | None
    """The cosine of the weights' own published same-person rule; None where none is published.
    Advice beside a candidate list, never a cut: the list always has the closest subjects."""
    providers: tuple[str, ...]
    """The onnxruntime execution providers really in use."""

    def detect(self, image: RGBImage) -> list[Face]:
        """All faces in an upright picture, largest first (ties: left to right, top to bottom).

        Finds both small faces and a single face that fills the picture.
        Raises EngineError for an array that is not uint8 RGB.
        """

    def embed(self, image: RGBImage, faces: Sequence[Face]) -> Embeddings:
        """One L2-normalised float32 row per face, in the order given: [len(faces), dimension].

        Only these faces are read. Raises EngineError("face_unusable") when a face cannot be
        aligned (degenerate landmarks) or gives no finite embedding; never a row of rubbish.
        """
