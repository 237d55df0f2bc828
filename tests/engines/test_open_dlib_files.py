"""The reader of dlib's files takes every byte of the real ones and nothing else."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from searches.engines.base import EngineError
from searches.engines.open.dlib_files import (
    DETECTOR_FILE,
    PREDICTOR_FILE,
    RECOGNISER_FILE,
    Reader,
    locate,
    read_network,
)
from searches.engines.open.predictor import ShapePredictor


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(bytes read, bytes of the file) of every file read to its end."""
    seen = []
    finish = Reader.finish

    def watched(reader: Reader) -> None:
        seen.append((reader.position, reader.path.stat().st_size))
        finish(reader)

    monkeypatch.setattr(Reader, "finish", watched)
    return seen


def test_recogniser_file_is_read_to_its_last_byte(finished: list[tuple[int, int]]) -> None:
    network = read_network(locate(RECOGNISER_FILE))
    assert finished == [(22466066, 22466066)]
    assert network.loss == "loss_metric_2"
    assert network.window == (150, 150)
    assert sum(layer.kind == "con" for layer in network.layers) == 29
    assert network.layers[-1].arrays[0].shape == (256, 128)


def test_detector_file_is_read_to_its_last_byte(finished: list[tuple[int, int]]) -> None:
    network = read_network(locate(DETECTOR_FILE))
    assert finished == [(729940, 729940)]
    assert network.window == (80, 80)
    assert sum(layer.kind == "con" for layer in network.layers) == 7


def test_detector_file_holds_the_overlap_limit_in_use() -> None:
    from searches.engines.open.detector import OVERLAP

    assert read_network(locate(DETECTOR_FILE)).loss_values[3] == OVERLAP


def test_predictor_file_is_read_to_its_last_byte(finished: list[tuple[int, int]]) -> None:
    predictor = ShapePredictor.from_dlib(locate(PREDICTOR_FILE))
    assert finished == [(9150489, 9150489)]
    assert predictor.initial.shape == (5, 2)
    assert predictor.splits.shape == (15, 500, 15, 2)
    assert predictor.leaves.shape == (15, 500, 16, 10)
    assert np.isfinite(predictor.leaves).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b"\x00",
        lambda data: data[:1000],
        lambda data: b"",
        lambda data: b"\x01\x02" + data[2:],
        lambda data: data.replace(b"relu_", b"rely_", 1),
        lambda data: data.replace(b"loss_mmod_", b"loss_mmox_", 1),
    ],
    ids=["cut", "longer", "half", "empty", "version", "layer", "loss"],
)
def test_a_changed_file_is_refused(tmp_path: Path, change: object) -> None:
    path = tmp_path / DETECTOR_FILE
    path.write_bytes(change(locate(DETECTOR_FILE).read_bytes()))  # type: ignore[operator]
    with pytest.raises(EngineError) as refused:
        read_network(path)
    assert refused.value.code == "weights_damaged"
    assert "reinstall" in refused.value.message


def test_a_recogniser_in_the_detectors_place_is_refused() -> None:
    from searches.engines.open.detector_graph import detector_model
    from searches.engines.open.recogniser_graph import recogniser_model

    recogniser, detector = (read_network(locate(n)) for n in (RECOGNISER_FILE, DETECTOR_FILE))
    for build, network in ((detector_model, recogniser), (recogniser_model, detector)):
        with pytest.raises(EngineError) as refused:
            build(network)
        assert refused.value.code == "weights_damaged"


def test_missing_weights_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError) as refused:
        locate(RECOGNISER_FILE)
    assert refused.value.code == "weights_missing"
    assert "pip install" in refused.value.message


def test_the_package_of_the_weights_is_not_imported() -> None:
    import sys

    locate(RECOGNISER_FILE)
    assert "face_recognition_models" not in sys.modules
