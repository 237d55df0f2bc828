"""A package is complete and unchanged, or it is not loaded; builders do not disturb each other."""

import json
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from insightface import model_zoo

from searches.engines.base import EngineConfig, EngineError
from searches.engines.open import build as builder
from searches.engines.open.build import build_package
from searches.engines.open.engine import OpenEngine, load
from searches.engines.open.package import (
    DETECTOR,
    FILES,
    MANIFEST,
    PACKAGE_NAME,
    PREDICTOR,
    RECOGNISER,
    open_package,
    sha256_of,
)
from searches.engines.registry import load_engine


@pytest.fixture
def models(open_package: Path, tmp_path: Path) -> Path:
    """A copy of the models folder that a test may damage."""
    shutil.copytree(open_package / PACKAGE_NAME, tmp_path / PACKAGE_NAME)
    return tmp_path


def refusal(models: Path) -> EngineError:
    with pytest.raises(EngineError) as refused:
        load(EngineConfig(models=models))
    return refused.value


def edit_manifest(models: Path, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    path = models / PACKAGE_NAME / MANIFEST
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_a_missing_package_says_how_to_build_it(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert error.code == "model_missing"
    assert "python manage.py models build" in error.message


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_found(models: Path, name: str) -> None:
    path = models / PACKAGE_NAME / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    error = refusal(models)
    assert error.code == "model_damaged"
    assert name in error.message
    assert "python manage.py models build" in error.message


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(models: Path, name: str) -> None:
    (models / PACKAGE_NAME / name).unlink()
    assert refusal(models).code == "model_damaged"


@pytest.mark.parametrize("name", FILES)
def test_another_hash_in_the_manifest_is_found(models: Path, name: str) -> None:
    edit_manifest(models, lambda manifest: manifest["candor"]["files"].update({name: "0" * 64}))
    assert refusal(models).code == "model_damaged"


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(manifest_version=1),
        lambda manifest: manifest.pop("manifest_version"),
        lambda manifest: manifest.pop("candor"),
        lambda manifest: manifest.pop("tasks"),
        lambda manifest: manifest["candor"].pop("self_check"),
        lambda manifest: manifest["candor"].update(format=99),
        lambda manifest: manifest["candor"].update(preprocessing="other"),
        lambda manifest: manifest["candor"]["files"].update({"more.onnx": "0" * 64}),
        lambda manifest: manifest["tasks"]["recognition"].update(file="detector.onnx"),
        lambda manifest: manifest["tasks"]["recognition"].update(file="../recogniser.onnx"),
        lambda manifest: manifest["tasks"]["recognition"].pop("sha256"),
    ],
)
def test_a_changed_manifest_is_found(
    models: Path,
    change: Callable[[dict], object],  # type: ignore[type-arg]
) -> None:
    edit_manifest(models, change)
    assert refusal(models).code == "model_damaged"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}"])
def test_a_manifest_of_rubbish_is_found(models: Path, content: bytes) -> None:
    (models / PACKAGE_NAME / MANIFEST).write_bytes(content)
    assert refusal(models).code == "model_damaged"


def test_a_model_that_does_not_load_is_damaged_even_with_its_hash(models: Path) -> None:
    (models / PACKAGE_NAME / DETECTOR).write_bytes(b"no graph")
    digest = sha256_of(models / PACKAGE_NAME / DETECTOR)
    edit_manifest(models, lambda manifest: manifest["candor"]["files"].update({DETECTOR: digest}))
    assert refusal(models).code == "model_damaged"


def test_a_machine_that_computes_otherwise_is_refused(models: Path) -> None:
    def shift(manifest: dict) -> None:  # type: ignore[type-arg]
        manifest["candor"]["self_check"][2][0] += 0.02

    edit_manifest(models, shift)
    error = refusal(models)
    assert error.code == "model_differs"
    assert "0.020" in error.message


def test_the_recogniser_loads_through_insightface(open_package: Path) -> None:
    model = model_zoo.get_model(
        str(open_package / PACKAGE_NAME),
        model_task="recognition",
        providers=["CPUExecutionProvider"],
    )
    chips = [np.full((150, 150, 3), grey, np.uint8) for grey in (10, 200)]
    assert model.get_feat(chips).shape == (2, 128)
    assert model.input_size == (150, 150)


def test_the_registry_loads_it(open_package: Path) -> None:
    engine = load_engine("open", EngineConfig(models=open_package))
    assert engine.name == "open"


def test_the_manifest_tells_where_the_weights_came_from(open_engine: OpenEngine) -> None:
    section = open_engine.package.candor
    assert sorted(section["sources"]) == [
        "dlib_face_recognition_resnet_model_v1.dat",
        "mmod_human_face_detector.dat",
        "shape_predictor_5_face_landmarks.dat",
    ]
    assert set(section["measured"]) == {"recogniser", "detector"}
    assert section["measured"]["detector"]["decisions"] == 16
    assert section["measured"]["recogniser"]["decisions"] == 16 * 15 // 2


def test_the_contract_covers_recogniser_and_predictor(models: Path) -> None:
    folder = models / PACKAGE_NAME
    before = open_package(folder).weights_sha256
    seen = {before}
    for name in (RECOGNISER, PREDICTOR):
        (folder / name).write_bytes(name.encode())
        digest = sha256_of(folder / name)

        def change(manifest: dict, name: str = name, digest: str = digest) -> None:  # type: ignore[type-arg]
            manifest["candor"]["files"][name] = digest
            if name == RECOGNISER:
                manifest["tasks"]["recognition"]["sha256"] = digest

        edit_manifest(models, change)
        seen.add(open_package(folder).weights_sha256)
    assert len(seen) == 3


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    first = build_package(tmp_path / "a" / PACKAGE_NAME, pictures=[])
    second = build_package(tmp_path / "b" / PACKAGE_NAME, pictures=[])
    for name in (*FILES, MANIFEST):
        assert sha256_of(first / name) == sha256_of(second / name)
    measured = open_package(first).candor["measured"]
    assert not measured["recogniser"]["int8"]
    assert not measured["detector"]["int8"]
    assert sorted(path.name for path in first.parent.iterdir()) == [".open-1.lock", "open-1"]


def test_a_sound_package_is_kept_and_a_damaged_one_rebuilt(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = models / PACKAGE_NAME
    writes = []
    write = builder._write_files

    def counted(*arguments: object) -> None:
        writes.append(1)
        write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(builder, "_write_files", counted)
    build_package(folder, pictures=[])
    assert not writes
    (folder / RECOGNISER).write_bytes(b"")
    build_package(folder, pictures=[])
    assert len(writes) == 1
    assert load(EngineConfig(models=models)).contract.dimension == 128


def test_a_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise EngineError("weights_damaged", "broken")

    monkeypatch.setattr(builder, "_write_files", fail)
    with pytest.raises(EngineError):
        build_package(tmp_path / PACKAGE_NAME, pictures=[])
    assert [path.name for path in tmp_path.iterdir()] == [".open-1.lock"]


def _build(target: Path, start: object, results: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    build_package(target, pictures=[])
    results.put((open_package(target).weights_sha256, target.stat().st_ino))  # type: ignore[attr-defined]


@pytest.mark.processes
def test_processes_that_build_at_once_get_one_package(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    target = tmp_path / PACKAGE_NAME
    builders = [context.Process(target=_build, args=(target, start, results)) for _ in range(2)]
    for process in builders:
        process.start()
    outcomes = [results.get(timeout=120) for _ in builders]
    for process in builders:
        process.join(timeout=30)
    assert [process.exitcode for process in builders] == [0, 0]
    assert outcomes[0] == outcomes[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".open-1.lock", "open-1"]
