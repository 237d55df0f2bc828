"""The exported recogniser is dlib's."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from searches.engines.base import RGBImage
from searches.engines.open.dlib_files import RECOGNISER_FILE, locate, read_network
from searches.engines.open.engine import OpenEngine
from searches.engines.open.recogniser_graph import recogniser_model
from searches.engines.open.sessions import PROVIDERS, session_options

from . import dlib_reference as reference


@pytest.fixture(scope="module")
def session() -> InferenceSession:
    model = recogniser_model(read_network(locate(RECOGNISER_FILE)))
    return InferenceSession(
        model.SerializeToString(), sess_options=session_options(1), providers=list(PROVIDERS)
    )


@pytest.fixture(scope="module")
def chips(open_engine: OpenEngine, portraits: Sequence[tuple[int, RGBImage]]) -> NDArray[np.uint8]:
    return np.stack([reference.chip(i, open_engine.detect(i)[0].box) for _, i in portraits])


def run(session: InferenceSession, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
    blob = chips.transpose(0, 3, 1, 2).astype(np.float32)
    output: NDArray[np.float32] = session.run(None, {"chips": blob})[0]
    return output


def test_embeddings_equal_dlibs(session: InferenceSession, chips: NDArray[np.uint8]) -> None:
    ours = run(session, chips)
    dlibs = np.stack([reference.embedding(chip) for chip in chips])
    assert ours.shape == dlibs.shape == (16, 128)
    assert np.linalg.norm(ours - dlibs, axis=1).max() < 1e-4


def test_noise_and_extremes_embed_as_in_dlib(session: InferenceSession) -> None:
    random = np.random.default_rng(0)
    chips = random.integers(0, 256, (3, 150, 150, 3), np.uint8)
    chips[1], chips[2] = 0, 255
    dlibs = np.stack([reference.embedding(chip) for chip in chips])
    assert np.linalg.norm(run(session, chips) - dlibs, axis=1).max() < 1e-4


def test_an_embedding_does_not_depend_on_its_batch(
    session: InferenceSession, chips: NDArray[np.uint8]
) -> None:
    alone = np.concatenate([run(session, chip[None]) for chip in chips[:8]])
    np.testing.assert_array_equal(run(session, chips[:8]), alone)
    np.testing.assert_array_equal(run(session, chips[7::-1])[::-1], alone)
