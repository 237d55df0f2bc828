"""InsightFace model packages as a face engine: SCRFD detector, ArcFace-style recogniser."""

from collections.abc import Iterable, Sequence

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from insightface.model_zoo.scrfd import SCRFD

from searches.engines.base import (
    EmbeddingContract,
    Embeddings,
    EngineConfig,
    EngineError,
    EngineFacts,
    Face,
    LandmarkScheme,
    ModelLicence,
    RGBImage,
)
from searches.engines.pixels import require_rgb
from searches.engines.quality import measure

from .alignment import aligned_chip
from .detection import Detection, find_faces
from .licence import inspect_licence
from .models import load_models
from .package import Package, open_package

# Raised by one whenever the looks, the merging or the alignment change in a way that moves
# landmarks or chips: the embeddings of before are then of another contract.
PIPELINE = "candor-insightface-1"
MIN_NORM = 1e-6


class InsightFaceEngine:
    """One loaded package. Nothing is changed after loading, so threads may share it."""

    name = "insightface"
    landmark_scheme = LandmarkScheme.EYES_NOSE_MOUTH
    # A package carries no rule of its own; InsightFace publishes operating points for some models
    # only, and nothing in a package proves that its weights are those.
    published_threshold: float | None = None

    def __init__(
        self, package: Package, licence: ModelLicence, detector: SCRFD, recogniser: ArcFaceONNX
    ) -> None:
        self.contract = contract_of(package)
        self.licence = licence
        self.scale = scale_of(package)
        self.providers = tuple(str(name) for name in recogniser.session.get_providers())
        self._chip_size = package.chip_size
        self._detector = detector
        self._recogniser = recogniser

    def detect(self, image: RGBImage) -> list[Face]:
        """All faces, largest first, ties left to right and top to bottom; see FaceEngine."""
        image = require_rgb(image)
        faces = [self._face(image, found) for found in find_faces(self._detector, image)]
        return sorted(faces, key=lambda face: (-face.box.area, face.box.left, face.box.top))

    def embed(self, image: RGBImage, faces: Sequence[Face]) -> Embeddings:
        """One L2-normalised float32 row per face: [len(faces), dimension]; see FaceEngine.

        Faces go through the recogniser one by one: on a CPU a batch is no faster, graphs with a
        fixed batch of one refuse it, and a face's numbers must not depend on its neighbours.
        """
        image = require_rgb(image)
        rows = [self._embedding(aligned_chip(image, f.landmarks, self._chip_size)) for f in faces]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.contract.dimension)

    def _face(self, image: RGBImage, found: Detection) -> Face:
        quality = measure(image, found.box, found.landmarks, self.landmark_scheme)
        return Face(found.box, found.landmarks, found.score, quality)

    def _embedding(self, chip: RGBImage) -> Embeddings:
        features = self._recogniser.get_feat(chip[..., ::-1])
        row = np.asarray(features, dtype=np.float64).ravel()
        norm = float(np.linalg.norm(row))
        if not np.isfinite(norm) or norm < MIN_NORM:
            raise EngineError(
                "face_unusable",
                "This face cannot be used: the recogniser gives no finite embedding. "
                "Choose another face or picture.",
            )
        return (row / norm).astype(np.float32)


def contract_of(package: Package) -> EmbeddingContract:
    """The contract of a package's embeddings.

    The recogniser's file is the weights. The detector's file belongs to the preprocessing: its
    landmarks place the chip, so another detector moves every embedding a little and every
    measured error rate with it.
    """
    recognition = package.recognition.metadata
    values = recognition["preprocessing"]
    pixels = values if isinstance(values, str) else f"mean {values['mean']} std {values['std']}"
    return EmbeddingContract(
        engine=InsightFaceEngine.name,
        weights_sha256=package.recognition_sha256,
        preprocessing="; ".join(
            [
                PIPELINE,
                str(recognition["preprocessing_version"]),
                f"chip {package.chip_size}",
                f"pixels {pixels}",
                f"detector sha256:{package.detection_sha256}",
            ]
        ),
        dimension=package.dimension,
    )


def scale_of(package: Package) -> str:
    return f"cosine, {package.model_id}"


def describe(config: EngineConfig) -> EngineFacts:
    """What the package in `config.package` says of itself. Raises EngineError as `open_package`."""
    package = open_package(config.package)
    licence = inspect_licence(package.folder, package.model_id)
    return EngineFacts(InsightFaceEngine.name, contract_of(package), licence, scale_of(package))


def load(
    config: EngineConfig, *, licence_keys: Iterable[Ed25519PublicKey] | None = None
) -> InsightFaceEngine:
    """Load the package in `config.package`, a full path; slow, so once per process.

    Nothing is fetched from a network. The licence is reported, not enforced: whether it permits
    a search is the portal's decision. `licence_keys` replaces InsightFace's own public keys.
    Raises EngineError as `open_package` and `load_models` do. Load after forking, not before.
    """
    package = open_package(config.package)
    licence = inspect_licence(package.folder, package.model_id, keys=licence_keys)
    detector, recogniser = load_models(package, config.threads)
    return InsightFaceEngine(package, licence, detector, recogniser)
