"""Writing the manifest of a legacy folder."""

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import onnx
import pytest
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from insightface.model_zoo.package_manifest import load_model_package

from searches.engines.base import EngineConfig, EngineError
from searches.engines.insightface.engine import load
from searches.engines.insightface.manifest import write_manifest

from .synthetic_package import attributes, build, detector, legacy_folder, picture, recogniser


def code_of(folder: Path) -> str:
    with pytest.raises(EngineError) as caught:
        write_manifest(folder)
    return caught.value.code


def tasks(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    found: dict[str, Any] = document["tasks"]
    return found


def test_detector_and_recogniser_are_found_among_five_graphs(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    path = write_manifest(folder)
    descriptor = load_model_package(folder)
    assert path == folder / "manifest.json"
    assert descriptor.model_id == "synthetic_l"
    assert set(tasks(folder)) == {"detection", "recognition"}
    assert tasks(folder)["detection"]["file"] == "det_10g.onnx"
    assert tasks(folder)["recognition"]["file"] == "w600k_r50.onnx"
    assert tasks(folder)["recognition"]["embedding_dimension"] == 512
    assert tasks(folder)["recognition"]["input_size"] == [112, 112]


def test_the_hashes_are_those_of_the_files(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    write_manifest(folder)
    for task in tasks(folder).values():
        assert task["sha256"] == sha256((folder / task["file"]).read_bytes()).hexdigest()


def test_the_manifest_is_readable_for_the_workers_account(tmp_path: Path) -> None:
    path = write_manifest(legacy_folder(tmp_path))
    assert path.stat().st_mode & 0o777 == 0o644
    assert not list(path.parent.glob(".manifest-*"))


def test_a_manifest_is_never_overwritten(tmp_path: Path) -> None:
    folder = build(tmp_path)
    before = (folder / "manifest.json").read_bytes()
    assert code_of(folder) == "manifest_exists"
    assert (folder / "manifest.json").read_bytes() == before


def test_two_recognisers_are_ambiguous(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    (folder / "second.onnx").write_bytes(recogniser(128).SerializeToString())
    assert code_of(folder) == "model_ambiguous"
    assert not (folder / "manifest.json").exists()


def test_two_detectors_are_ambiguous(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    (folder / "second.onnx").write_bytes(detector().SerializeToString())
    assert code_of(folder) == "model_ambiguous"


@pytest.mark.parametrize("missing", ["det_10g.onnx", "w600k_r50.onnx"])
def test_a_folder_without_one_of_them_is_incomplete(tmp_path: Path, missing: str) -> None:
    folder = legacy_folder(tmp_path)
    (folder / missing).unlink()
    assert code_of(folder) == "model_incomplete"


def test_a_detector_without_landmarks_is_no_detector(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    (folder / "det_10g.onnx").write_bytes(detector(outputs=6).SerializeToString())
    assert code_of(folder) == "model_incomplete"


def test_a_recogniser_that_hides_its_length_is_incomplete(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    model = recogniser()
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "d"
    (folder / "w600k_r50.onnx").write_bytes(model.SerializeToString())
    assert code_of(folder) == "model_incomplete"


def test_a_file_that_is_no_graph_is_damaged(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    (folder / "det_10g.onnx").write_bytes(b"\x00\xffnot a graph")
    assert code_of(folder) == "model_damaged"


def test_a_folder_name_that_no_licence_can_name_is_refused(tmp_path: Path) -> None:
    assert code_of(legacy_folder(tmp_path, name="my models")) == "model_name_invalid"


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = legacy_folder(tmp_path)

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert code_of(folder) == "manifest_unwritable"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Sub_0", "Mul_0"], {"mean": 0.0, "std": 1.0}),
        (["Sub_0", "Conv_0"], {"mean": 127.5, "std": 127.5}),
    ],
)
def test_normalisation_inside_the_graph_is_seen_as_insightface_sees_it(
    tmp_path: Path, names: list[str], expected: dict[str, float]
) -> None:
    folder = legacy_folder(tmp_path)
    model = recogniser()
    for node, name in zip(model.graph.node, names, strict=False):
        node.name = name
    onnx.save(model, str(folder / "w600k_r50.onnx"))
    write_manifest(folder)
    legacy = ArcFaceONNX(model_file=str(folder / "w600k_r50.onnx"))
    assert tasks(folder)["recognition"]["preprocessing"] == expected
    assert expected == {"mean": legacy.input_mean, "std": legacy.input_std}


def test_loading_a_legacy_folder_writes_the_manifest_once(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    first = load(EngineConfig(models=tmp_path, package=folder))
    written = (folder / "manifest.json").read_bytes()
    second = load(EngineConfig(models=tmp_path, package=folder))
    assert (folder / "manifest.json").read_bytes() == written
    assert first.contract == second.contract
    assert first.detect(picture(64, 64, [])) == []


def test_workers_that_start_together_all_load(tmp_path: Path) -> None:
    config = EngineConfig(models=tmp_path, package=legacy_folder(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(load, [config] * 4))
    assert len({engine.contract.id for engine in engines}) == 1


def test_a_file_exchanged_after_the_manifest_was_written_is_damaged(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    write_manifest(folder)
    (folder / "w600k_r50.onnx").write_bytes(recogniser(256).SerializeToString())
    with pytest.raises(EngineError) as caught:
        load(EngineConfig(models=tmp_path, package=folder))
    assert caught.value.code == "model_damaged"


def test_attribute_models_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from insightface.model_zoo import model_zoo

    folder = legacy_folder(tmp_path)
    opened: list[str] = []

    class Recorded(model_zoo.PickableInferenceSession):  # type: ignore[misc]
        def __init__(self, model_path: str, **options: object) -> None:
            opened.append(Path(model_path).name)
            super().__init__(model_path, **options)

    monkeypatch.setattr(model_zoo, "PickableInferenceSession", Recorded)
    (folder / "genderage.onnx").write_bytes(attributes().SerializeToString())
    load(EngineConfig(models=tmp_path, package=folder))
    assert opened == ["det_10g.onnx", "w600k_r50.onnx"]
