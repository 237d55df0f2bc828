"""Building the two sessions of a package, and trying them once before anyone depends on them."""

import numpy as np
import onnxruntime
from insightface.model_zoo import get_model
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from insightface.model_zoo.package_manifest import ModelTaskDescriptor
from insightface.model_zoo.scrfd import SCRFD

from searches.engines.base import EngineError

from .alignment import TEMPLATE_SIZE
from .detection import find_faces
from .package import Package

PROVIDERS = ("CPUExecutionProvider",)


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """`threads` CPU threads that sleep when idle; several workers share a machine."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, threads)
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def load_models(package: Package, threads: int) -> tuple[SCRFD, ArcFaceONNX]:
    """The detector and the recogniser of a verified package, each tried on a blank picture.

    Raises EngineError: "model_damaged" (no session can be made of a file), "model_unsupported"
    (a graph that is not what the manifest says: no landmarks, another chip size, another length
    of embeddings).
    """
    options = session_options(threads)
    detector = _model(package.detection, options)
    recogniser = _model(package.recognition, options)
    if not isinstance(detector, SCRFD) or not detector.use_kps:
        raise _unsupported(package, "its detector gives no five landmarks")
    _try_detector(package, detector)
    _try_recogniser(package, recogniser)
    return detector, recogniser


def _model(
    descriptor: ModelTaskDescriptor, options: onnxruntime.SessionOptions
) -> SCRFD | ArcFaceONNX:
    try:
        # One detector session for all sizes, instead of one more, kept for ever, per size.
        return get_model(
            str(descriptor.package_path),
            model_task=descriptor.task,
            model_descriptor=descriptor,
            providers=list(PROVIDERS),
            sess_options=options,
            static_shape_sessions=False,
        )
    except Exception as error:  # onnxruntime's errors share no base class; AssertionError too
        raise EngineError(
            "model_damaged",
            f"No session can be made of {descriptor.file}: {error}. Copy the package again.",
        ) from error


def _try_detector(package: Package, detector: SCRFD) -> None:
    try:
        find_faces(detector, np.zeros((64, 64, 3), dtype=np.uint8))
    except Exception as error:  # whatever a graph of another form makes of its outputs
        raise _unsupported(package, f"its detector is not a SCRFD detector ({error})") from error


def _try_recogniser(package: Package, recogniser: ArcFaceONNX) -> None:
    size = package.chip_size
    if size % TEMPLATE_SIZE or tuple(recogniser.input_size) != (size, size):
        raise _unsupported(
            package,
            f"the manifest wants chips of {size} px, the recogniser {recogniser.input_size}; "
            f"multiples of {TEMPLATE_SIZE} px can be used",
        )
    try:
        shape = recogniser.get_feat(np.zeros((size, size, 3), dtype=np.uint8)).shape
    except Exception as error:  # whatever a graph of another form makes of one chip
        raise _unsupported(package, f"its recogniser takes no single chip ({error})") from error
    if shape != (1, package.dimension):
        raise _unsupported(
            package,
            f"the manifest promises embeddings of {package.dimension} numbers, "
            f"the recogniser gives {list(shape)}",
        )


def _unsupported(package: Package, why: str) -> EngineError:
    return EngineError(
        "model_unsupported",
        f"The package {package.model_id} cannot be used: {why}. "
        "Use a package whose manifest fits its files.",
    )
