"""The open engine: MMOD detector, five-point predictor and ResNet recogniser of dlib."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from insightface import model_zoo

from searches.engines.base import (
    EmbeddingContract,
    Embeddings,
    EngineConfig,
    EngineError,
    EngineFacts,
    Face,
    LandmarkScheme,
    LicenceState,
    ModelLicence,
    RGBImage,
)
from searches.engines.quality import measure

from . import selfcheck
from .chips import face_chip
from .detector import find_faces
from .package import DETECTOR, PACKAGE_NAME, PREDICTOR, Package, open_package
from .predictor import ShapePredictor
from .recogniser_graph import DIMENSION
from .sessions import PROVIDERS, open_session, session_options

BATCH = 16  # chips per run; bounds the memory of a picture full of faces
SMALLEST_NORM = 0.1  # embeddings of faces have a norm of about 1.5

LICENCE = ModelLicence(
    state=LicenceState.OPEN,
    title="CC0 1.0 (dlib model weights)",
    message=(
        "The weights of dlib's face recognition model, face detector and five-point predictor "
        "are in the public domain (CC0 1.0). Their author states that they were trained partly "
        "on pictures of the VGG Face and FaceScrub data sets, which were collected on the web."
    ),
)


class OpenEngine:
    """A `FaceEngine`. Immutable after loading; create one per process, after the fork.

    Sessions and arrays are only read, so threads may share it.

    dlib's published rule for "same person", a Euclidean distance below 0.6 between its raw
    embeddings, corresponds to a cosine of about 0.90 on this scale. Measured on the pairs at
    distances 0.58 to 0.62: 0.896 +- 0.005 for drawn people (embedding norm 1.31), 0.904 +- 0.006
    for real faces of 25 px (norm 1.38); with a norm n it is 1 - 0.18 / n**2. Thresholds of other
    models' cosines mean nothing here.
    """

    name = "open"
    licence = LICENCE
    landmark_scheme = LandmarkScheme.EYE_CORNERS_NOSE
    scale = "cosine, dlib ResNet 128-d"
    # dlib's published rule is a Euclidean distance below 0.6 between embeddings of norm 1.5:
    # 1 - 0.6^2 / (2 * 1.5^2).
    published_threshold: float | None = 0.92

    def __init__(self, package: Package, threads: int) -> None:
        self.package = package
        self.contract = contract_of(package)
        self._detector = open_session(package.path(DETECTOR), threads)
        self._predictor = ShapePredictor.load(package.path(PREDICTOR))
        self._recogniser = open_recogniser(package, threads)
        selfcheck.verify(self._recogniser.session, package.candor["self_check"])
        self.providers = tuple(self._recogniser.session.get_providers())

    def detect(self, image: RGBImage) -> list[Face]:
        pixels = checked(image)
        faces = []
        for detection in find_faces(self._detector, pixels):
            points = self._predictor.predict(pixels, detection.box)
            landmarks = tuple((float(x), float(y)) for x, y in points)
            quality = measure(pixels, detection.box, landmarks, self.landmark_scheme)
            faces.append(Face(detection.box, landmarks, detection.score, quality))
        return sorted(faces, key=lambda face: (-round(face.box.area), face.box.left, face.box.top))

    def embed(self, image: RGBImage, faces: Sequence[Face]) -> Embeddings:
        pixels = checked(image)
        # insightface takes BGR and turns it into the RGB of the graph.
        chips = [
            np.ascontiguousarray(face_chip(pixels, face.landmarks)[..., ::-1]) for face in faces
        ]
        rows = np.empty((len(chips), DIMENSION), np.float32)
        for start in range(0, len(chips), BATCH):
            rows[start : start + BATCH] = self._recogniser.get_feat(chips[start : start + BATCH])
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        if not (np.isfinite(norms).all() and (norms > SMALLEST_NORM).all()):
            raise EngineError(
                "face_unusable",
                "The recogniser gives no usable embedding for this face. "
                "Choose another face or picture.",
            )
        unit: Embeddings = rows / norms
        return unit


def contract_of(package: Package) -> EmbeddingContract:
    """The contract of a package's embeddings."""
    return EmbeddingContract(
        engine=OpenEngine.name,
        weights_sha256=package.weights_sha256,
        preprocessing=package.candor["preprocessing"],
        dimension=DIMENSION,
    )


def checked(image: RGBImage) -> RGBImage:
    """The picture as a contiguous array. Raises EngineError("bad_pixels")."""
    if (
        not isinstance(image, np.ndarray)
        or image.dtype != np.uint8
        or image.ndim != 3
        or image.shape[2] != 3
        or not image.size
    ):
        raise EngineError(
            "bad_pixels",
            "A picture must be an array of uint8 RGB pixels [height, width, 3]; decode it first.",
        )
    return np.ascontiguousarray(image)


def open_recogniser(package: Package, threads: int) -> Any:
    """The package's recogniser, loaded by insightface itself."""
    return model_zoo.get_model(
        str(package.folder.resolve()),
        model_task="recognition",
        providers=list(PROVIDERS),
        sess_options=session_options(threads),
    )


def describe(config: EngineConfig) -> EngineFacts:
    """What the package that `load` would load says of itself. Raises EngineError as it does."""
    contract = contract_of(open_package(_folder(config)))
    return EngineFacts(OpenEngine.name, contract, LICENCE, OpenEngine.scale)


def _folder(config: EngineConfig) -> Path:
    return config.package or config.models / PACKAGE_NAME


def load(config: EngineConfig) -> OpenEngine:
    """Load the package in `config.package` or `config.models / "open-1"`; takes about a second.

    Raises EngineError("model_missing") or EngineError("model_damaged"), each saying what to run.
    """
    package = open_package(_folder(config))
    try:
        return OpenEngine(package, config.threads)
    except EngineError:
        raise
    except Exception as error:
        raise EngineError(
            "model_damaged",
            f"The open model package in {package.folder} does not load ({error}). "
            "Remove that folder and run: python manage.py models build",
        ) from error
