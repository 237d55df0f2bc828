"""Checks that this machine computes the embeddings that the building machine computed.

int8 products saturate on x86 processors without VNNI: a package built on one kind of processor
would give other embeddings on the other under the same contract, and nobody would notice.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from searches.engines.base import EngineError

from .recogniser_graph import CHIP_SIZE

_GRAINS = (3, 9, 25, 60)  # random squares per side of each pattern
# Euclidean; float results differ by 1e-5 between processors, int8 ones by nothing unless they
# saturate. Embeddings of one person's pictures lie 0.2 to 0.5 apart.
LARGEST_DIFFERENCE = 0.01


def embed_patterns(session: InferenceSession) -> NDArray[np.float32]:
    """The recogniser's raw output [4, 128] for four random but fixed patterns."""
    random = np.random.default_rng(1)
    rows = []
    for grain in _GRAINS:
        squares = random.integers(0, 256, (grain, grain, 3), np.uint8)
        size = (CHIP_SIZE, CHIP_SIZE)
        chip = cv2.resize(squares, size, interpolation=cv2.INTER_NEAREST)
        blob = chip.transpose(2, 0, 1)[None].astype(np.float32)
        rows.append(session.run(None, {"chips": blob})[0])
    return np.concatenate(rows)


def verify(session: InferenceSession, expected: object) -> None:
    """Raises EngineError("model_differs") when the outputs are not the recorded ones."""
    difference = np.linalg.norm(embed_patterns(session) - np.asarray(expected), axis=1).max()
    if not difference <= LARGEST_DIFFERENCE:
        raise EngineError(
            "model_differs",
            "This machine's processor computes other embeddings with the open model package than "
            f"the machine that built it (difference {difference:.3f}). Use machines of one kind, "
            "or build the package without int8.",
        )
