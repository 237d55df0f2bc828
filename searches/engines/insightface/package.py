"""Opening a model package folder: which files it declares, and whether they are intact."""

import os
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from insightface.model_zoo.package_manifest import (
    ModelPackageDescriptor,
    ModelTaskDescriptor,
    load_model_package,
)

from searches.engines.base import EngineError

from .graph import read_graph
from .manifest import MANIFEST, write_manifest

TASKS = ("detection", "recognition")


@dataclass(frozen=True, slots=True)
class Package:
    """A package whose two files have been verified; `*_sha256` are the files' true hashes."""

    folder: Path
    model_id: str
    detection: ModelTaskDescriptor
    recognition: ModelTaskDescriptor
    detection_sha256: str
    recognition_sha256: str

    @property
    def dimension(self) -> int:
        return int(self.recognition.metadata["embedding_dimension"])

    @property
    def chip_size(self) -> int:
        return int(self.recognition.metadata["input_size"][0])


def open_package(folder: Path | None) -> Package:
    """Verify a package folder; a folder without a manifest is given one first.

    Raises EngineError: "model_missing" (no folder, or a declared file is not there),
    "model_path_relative", "manifest_invalid" (anything but a sound V2 manifest, which insightface
    alone would silently ignore), "model_damaged" (a hash differs), "model_unsupported" (weights
    outside the hashed file), and what `write_manifest` raises.
    """
    folder = _existing(folder)
    _ensure_manifest(folder)
    try:
        descriptor = load_model_package(folder)
    except (ValueError, TypeError, OSError) as error:
        raise EngineError(
            "manifest_invalid",
            f"{folder / MANIFEST} is not a sound manifest of version 2: {error}. Restore it from "
            "the package, or delete it to have Candor write one for the files that are there.",
        ) from error
    hashes = {task: _verified_hash(descriptor, task) for task in TASKS}
    return Package(
        folder=folder,
        model_id=descriptor.model_id,
        detection=descriptor.task("detection"),
        recognition=descriptor.task("recognition"),
        detection_sha256=hashes["detection"],
        recognition_sha256=hashes["recognition"],
    )


def _existing(folder: Path | None) -> Path:
    if folder is None:
        raise EngineError(
            "model_missing",
            "The InsightFace engine needs a model package; name its folder in the settings.",
        )
    # insightface takes a name that is no folder for one to download, and a relative name depends
    # on where the process was started.
    if not folder.is_absolute():
        raise EngineError(
            "model_path_relative", f"Give the model package's folder as a full path, not {folder}."
        )
    if not folder.is_dir():
        raise EngineError(
            "model_missing",
            f"There is no model package at {folder}; unpack one there. Candor downloads nothing.",
        )
    return folder.resolve()


def _ensure_manifest(folder: Path) -> None:
    if os.path.lexists(folder / MANIFEST):
        return
    try:
        write_manifest(folder)
    except EngineError as error:
        # Another worker that started at the same time was first.
        if error.code != "manifest_exists":
            raise


def _verified_hash(descriptor: ModelPackageDescriptor, task: str) -> str:
    if task not in descriptor.tasks:
        raise EngineError(
            "manifest_invalid", f"{descriptor.manifest_path} declares no model for {task}."
        )
    try:
        path: Path = descriptor.verify_task(task).path
    except FileNotFoundError as error:
        raise EngineError("model_missing", f"{error}; copy the package again.") from error
    except (RuntimeError, ValueError) as error:
        raise EngineError(
            "model_damaged", f"{error}. The file was changed or damaged; copy the package again."
        ) from error
    if read_graph(path).external:
        raise EngineError(
            "model_unsupported",
            f"{path.name} keeps weights in another file, which its hash does not cover.",
        )
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
