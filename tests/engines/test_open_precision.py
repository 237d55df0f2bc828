"""int8 is taken only where it changes nothing and is faster."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from searches.engines.base import Box, RGBImage
from searches.engines.open import precision
from searches.engines.open.chips import face_chip
from searches.engines.open.detector import Detection, find_faces
from searches.engines.open.detector_graph import detector_model
from searches.engines.open.dlib_files import DETECTOR_FILE, RECOGNISER_FILE, locate, read_network
from searches.engines.open.engine import OpenEngine
from searches.engines.open.recogniser_graph import recogniser_model
from searches.engines.open.sessions import open_session


@pytest.fixture(scope="module")
def float_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("float")
    for name, model in (
        ("recogniser.onnx", recogniser_model(read_network(locate(RECOGNISER_FILE)))),
        ("detector.onnx", detector_model(read_network(locate(DETECTOR_FILE)))),
    ):
        (folder / name).write_bytes(model.SerializeToString())
    return folder


@pytest.fixture(scope="module")
def chips(open_engine: OpenEngine, portraits: Sequence[tuple[int, RGBImage]]) -> list[RGBImage]:
    return [face_chip(image, open_engine.detect(image)[0].landmarks) for _, image in portraits]


def test_a_recogniser_in_int8_must_keep_every_decision(
    float_models: Path, tmp_path: Path, chips: list[RGBImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the rule's distance far from all pairs int8 is taken, amid the pairs it is not.

    Nor where an embedding moves too far. How far depends on the processor: without VNNI int8 sums
    saturate. So the bounds are this test's own.
    """
    monkeypatch.setattr(precision, "_gain", lambda exact, coarse: 2.0)
    original = float_models / "recogniser.onnx"
    blobs = [chip.transpose(2, 0, 1)[None].astype(np.float32) for chip in chips]
    before = precision._embeddings(open_session(original, 1), blobs)
    distances = np.sort(precision._distances(before)[np.triu_indices(len(chips), 1)])
    far, amid = 2.0, float(distances[len(distances) // 2])
    for rule, most, expected in ((far, 2.0, True), (far, 1e-9, False), (amid, 2.0, None)):
        model = Path(shutil.copy(original, tmp_path / "recogniser.onnx"))
        monkeypatch.setattr(precision, "SAME_PERSON", rule)
        monkeypatch.setattr(precision, "LARGEST_MOVE", most)
        verdict = precision.settle_recogniser(model, chips)
        assert verdict.decisions == 120
        assert verdict.int8 == (verdict.changed == 0 and verdict.shift <= most)
        assert expected in (None, verdict.int8)
        assert (model.read_bytes() != original.read_bytes()) == verdict.int8
        assert 0 < verdict.shift < 1
        assert sorted(path.name for path in tmp_path.iterdir()) == ["recogniser.onnx"]


def test_a_detector_in_int8_must_find_the_same_faces(
    float_models: Path,
    tmp_path: Path,
    portraits: Sequence[tuple[int, RGBImage]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Boxes move more where int8 sums saturate: the bound is this test's own."""
    monkeypatch.setattr(precision, "_gain", lambda exact, coarse: 2.0)
    monkeypatch.setattr(precision, "SMALLEST_OVERLAP", 0.6)
    original = float_models / "detector.onnx"
    pictures = [image for _, image in portraits[:12]]
    session = open_session(original, 1)
    before = [find_faces(session, picture) for picture in pictures]
    model = Path(shutil.copy(original, tmp_path / "detector.onnx"))
    verdict = precision.settle_detector(model, pictures, before)
    assert verdict.int8
    assert verdict.decisions == 12
    assert 0.6 <= verdict.shift < 1
    # One face more in fp32 than there is: int8 does not find it, so it is not taken.
    shutil.copy(original, model)
    phantom = Detection(Box(0, 0, 30, 30), 0.1)
    verdict = precision.settle_detector(model, pictures, [[*before[0], phantom], *before[1:]])
    assert not verdict.int8
    assert (verdict.changed, verdict.decisions) == (1, 13)
    assert model.read_bytes() == original.read_bytes()


def test_too_few_faces_decide_nothing(float_models: Path, chips: list[RGBImage]) -> None:
    recogniser, detector = float_models / "recogniser.onnx", float_models / "detector.onnx"
    verdicts = [
        precision.settle_recogniser(recogniser, chips[:11]),
        precision.settle_detector(detector, [], []),
    ]
    for verdict in verdicts:
        assert not verdict.int8
        assert "fewer than 12 faces" in verdict.reason


@pytest.mark.parametrize(
    ("changed", "shift", "gain", "int8"),
    [(0, 0.05, 1.3, True), (1, 0.05, 3.0, False), (0, 0.07, 3.0, False), (0, 0.05, 1.29, False)],
)
def test_the_verdict(changed: int, shift: float, gain: float, int8: bool) -> None:
    verdict = precision._verdict(
        decisions=100, changed=changed, shift=shift, within=lambda s: s <= 0.06, gain=gain
    )
    assert verdict.int8 is int8
    assert verdict.reason.startswith("int8" if int8 else "fp32")


def test_an_extra_face_counts_as_a_changed_decision() -> None:
    one, other = Detection(Box(0, 0, 10, 10), 1.0), Detection(Box(50, 50, 60, 60), 1.0)
    assert precision._overlaps([one], [one]) == [1.0]
    assert precision._overlaps([one], [one, other]) == [1.0, 0.0]
    assert precision._overlaps([one, other], [one]) == [1.0, 0.0]
    assert precision._overlaps([], []) == []


def test_the_detectors_precision_hardly_moves_an_embedding(
    float_models: Path, open_engine: OpenEngine, portraits: Sequence[tuple[int, RGBImage]]
) -> None:
    """Why the contract does not name the detector: see Package.weights_sha256."""
    exact = open_session(float_models / "detector.onnx", 1)
    for _, image in portraits[:6]:
        (face,) = open_engine.detect(image)
        (detection,) = find_faces(exact, image)
        points = open_engine._predictor.predict(image, detection.box).tolist()
        other = type(face)(detection.box, tuple(map(tuple, points)), 1.0, face.quality)
        embeddings = open_engine.embed(image, [face, other])
        assert embeddings[0] @ embeddings[1] > 0.99
