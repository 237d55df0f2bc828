"""What a package must be to be loaded, and what is never done while loading it."""

import json
import socket
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import onnx
import pytest
from onnx import helper

from searches.engines.base import EngineConfig, EngineError
from searches.engines.insightface.engine import InsightFaceEngine, load
from searches.engines.registry import load_engine

from .synthetic_package import Placed, attributes, build, detector, picture, recogniser


def loaded(package: Path | None, threads: int = 1) -> InsightFaceEngine:
    return load(EngineConfig(models=Path("/nowhere"), package=package, threads=threads))


def refused(package: Path | None) -> EngineError:
    with pytest.raises(EngineError) as caught:
        loaded(package)
    assert caught.value.permanent
    assert len(caught.value.message) > 30
    return caught.value


def change(package: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    path = package / "manifest.json"
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))


def test_a_package_loads_through_the_registry(tmp_path: Path) -> None:
    engine = load_engine("insightface", EngineConfig(models=tmp_path, package=build(tmp_path)))
    assert engine.name == "insightface"
    assert engine.scale == "cosine, synthetic_s"
    assert engine.providers == ("CPUExecutionProvider",)
    assert engine.contract.dimension == 512


def test_no_package_named(tmp_path: Path) -> None:
    assert refused(None).code == "model_missing"


@pytest.mark.parametrize("name", ["buffalo_l", "raccoon_l", "antelopev2"])
def test_a_missing_folder_is_never_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    forbid_network(monkeypatch)
    assert refused(tmp_path / name).code == "model_missing"
    assert not (tmp_path / name).exists()


def test_a_relative_path_is_refused_even_where_it_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = build(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert refused(Path(package.name)).code == "model_path_relative"


def test_loading_and_searching_need_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_network(monkeypatch)
    engine = loaded(build(tmp_path))
    image = picture(320, 240, [Placed(1, 160, 120, 100)])
    assert engine.embed(image, engine.detect(image)).shape == (1, 512)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"manifest_version": 2}', '{"models": []}', "\udcff"]
)
def test_a_corrupt_manifest_is_not_skipped(tmp_path: Path, content: str) -> None:
    package = build(tmp_path)
    (package / "manifest.json").write_text(content, errors="surrogateescape")
    assert refused(package).code == "manifest_invalid"


@pytest.mark.parametrize("version", [1, 3, "2", None])
def test_a_manifest_of_another_version_is_not_skipped(tmp_path: Path, version: object) -> None:
    package = build(tmp_path)
    change(package, lambda document: document.update(manifest_version=version))
    assert refused(package).code == "manifest_invalid"


def test_a_manifest_that_is_a_broken_link_is_not_replaced(tmp_path: Path) -> None:
    package = build(tmp_path)
    (package / "manifest.json").unlink()
    (package / "manifest.json").symlink_to(package / "gone.json")
    assert refused(package).code == "manifest_invalid"


@pytest.mark.parametrize("task", ["detection", "recognition"])
def test_both_tasks_must_be_declared(tmp_path: Path, task: str) -> None:
    package = build(tmp_path)
    change(package, lambda document: document["tasks"].pop(task))
    assert refused(package).code == "manifest_invalid"


@pytest.mark.parametrize("file", ["../det.onnx", "/etc/det.onnx", "a/../../det.onnx"])
def test_a_file_outside_the_package_is_refused(tmp_path: Path, file: str) -> None:
    package = build(tmp_path)
    change(package, lambda document: document["tasks"]["detection"].update(file=file))
    assert refused(package).code == "manifest_invalid"


@pytest.mark.parametrize("file", ["det.onnx", "rec.onnx"])
def test_one_changed_byte_is_noticed(tmp_path: Path, file: str) -> None:
    package = build(tmp_path)
    content = bytearray((package / file).read_bytes())
    content[len(content) // 2] ^= 1
    (package / file).write_bytes(content)
    assert refused(package).code == "model_damaged"


@pytest.mark.parametrize("file", ["det.onnx", "rec.onnx"])
def test_a_missing_file_is_told(tmp_path: Path, file: str) -> None:
    package = build(tmp_path)
    (package / file).unlink()
    error = refused(package)
    assert error.code == "model_missing"
    assert file in error.message


def test_a_truncated_file_without_a_declared_hash_is_damaged(tmp_path: Path) -> None:
    package = build(tmp_path)
    change(package, lambda document: document["tasks"]["recognition"].pop("sha256"))
    content = (package / "rec.onnx").read_bytes()
    (package / "rec.onnx").write_bytes(content[: len(content) // 2])
    assert refused(package).code == "model_damaged"


def test_without_a_declared_hash_the_contract_still_holds_the_true_one(tmp_path: Path) -> None:
    package = build(tmp_path)
    with_hash = loaded(package).contract
    change(package, lambda document: document["tasks"]["recognition"].pop("sha256"))
    assert loaded(package).contract == with_hash
    assert with_hash.weights_sha256 == sha256((package / "rec.onnx").read_bytes()).hexdigest()


def test_weights_outside_the_hashed_file_are_refused(tmp_path: Path) -> None:
    package = build(tmp_path)
    onnx.save(
        recogniser(),
        str(package / "rec.onnx"),
        save_as_external_data=True,
        location="rec.bin",
        size_threshold=0,
    )
    digest = sha256((package / "rec.onnx").read_bytes()).hexdigest()
    change(package, lambda document: document["tasks"]["recognition"].update(sha256=digest))
    assert refused(package).code == "model_unsupported"


def test_the_declared_length_of_embeddings_is_compared_with_the_graph(tmp_path: Path) -> None:
    error = refused(build(tmp_path, embedding_dimension=256))
    assert error.code == "model_unsupported"
    assert "256" in error.message
    assert "512" in error.message


def test_other_lengths_of_embeddings_work_when_declared(tmp_path: Path) -> None:
    engine = loaded(build(tmp_path, recognition=recogniser(128), embedding_dimension=128))
    image = picture(320, 240, [Placed(1, 160, 120, 100)])
    assert engine.contract.dimension == 128
    assert engine.embed(image, engine.detect(image)).shape == (1, 128)


def test_the_declared_chip_size_is_compared_with_the_graph(tmp_path: Path) -> None:
    assert refused(build(tmp_path, input_size=[224, 224])).code == "model_unsupported"


def test_a_recogniser_of_larger_chips_works_when_declared(tmp_path: Path) -> None:
    engine = loaded(build(tmp_path, recognition=recogniser(size=224), input_size=[224, 224]))
    image = picture(640, 480, [Placed(1, 320, 240, 300)])
    other = picture(640, 480, [Placed(1, 200, 200, 250, 10)])
    rows = np.concatenate([engine.embed(i, engine.detect(i)) for i in (image, other)])
    assert rows[0] @ rows[1] > 0.95


def test_a_recogniser_for_a_single_chip_works(tmp_path: Path) -> None:
    engine = loaded(build(tmp_path, recognition=recogniser(batch=1)))
    image = picture(640, 480, [Placed(1, 150, 240, 150), Placed(2, 450, 240, 150)])
    faces = engine.detect(image)
    assert engine.embed(image, faces).shape == (2, 512)


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(detector(outputs=6), id="no landmarks"),
        pytest.param(detector(outputs=5), id="five outputs"),
        pytest.param(attributes(), id="an attribute model"),
        pytest.param(recogniser(), id="a recogniser"),
    ],
)
def test_something_else_in_the_detectors_place_is_refused(
    tmp_path: Path, graph: onnx.ModelProto
) -> None:
    assert refused(build(tmp_path, detection=graph)).code == "model_unsupported"


def test_a_detector_in_the_recognisers_place_is_refused(tmp_path: Path) -> None:
    package = build(tmp_path, recognition=detector())
    assert refused(package).code in ("model_damaged", "model_unsupported")


def test_a_graph_with_an_unknown_operator_gives_a_coded_error(tmp_path: Path) -> None:
    model = recogniser()
    model.graph.node.insert(0, helper.make_node("NoSuchOperator", ["chip"], ["nothing"]))
    assert refused(build(tmp_path, recognition=model)).code == "model_damaged"


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_set_in_every_session(tmp_path: Path, threads: int) -> None:
    engine = loaded(build(tmp_path), threads=threads)
    for model in (engine._detector, engine._recogniser):
        options = model.session.get_session_options()
        assert options.intra_op_num_threads == threads
        assert options.inter_op_num_threads == 1
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_pictures_of_many_sizes_add_no_session(tmp_path: Path) -> None:
    engine = loaded(build(tmp_path))
    for side in (50, 333, 640, 901):
        engine.detect(picture(side, 2 * side // 3, []))
    sessions = engine._detector.resolution_sessions
    assert {id(session) for session in sessions.values()} == {id(engine._detector.session)}
    assert len(sessions) <= 2


def test_the_contract_names_recogniser_detector_and_preprocessing(tmp_path: Path) -> None:
    package = build(tmp_path)
    contract = loaded(package).contract
    assert contract.engine == "insightface"
    assert sha256((package / "det.onnx").read_bytes()).hexdigest() in contract.preprocessing
    assert "mean 127.5 std 127.5" in contract.preprocessing


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"recognition": recogniser(prefix="other")}, id="recogniser"),
        pytest.param({"detection": detector(fixed=640)}, id="detector"),
        pytest.param({"preprocessing": {"mean": 127.5, "std": 128.0}}, id="normalisation"),
        pytest.param({"preprocessing_version": "mine-2"}, id="preprocessing version"),
    ],
)
def test_whatever_moves_an_embedding_changes_the_contract(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    first = loaded(build(tmp_path)).contract
    assert loaded(build(tmp_path, name="second", **other)).contract.id != first.id


def test_the_same_files_under_another_name_keep_the_contract(tmp_path: Path) -> None:
    first, second = build(tmp_path), build(tmp_path, name="copy")
    assert loaded(first).contract.id == loaded(second).contract.id


def forbid_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a network connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)
