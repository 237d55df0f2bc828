"""The open model package on disk: insightface's manifest V2 with a section of Candor's own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insightface.model_zoo.package_manifest import load_model_package

from searches.engines.base import EngineError

PACKAGE_NAME = "open-1"
MANIFEST = "manifest.json"
RECOGNISER = "recogniser.onnx"
DETECTOR = "detector.onnx"
PREDICTOR = "predictor.npz"
FILES = (RECOGNISER, DETECTOR, PREDICTOR)
FORMAT = 1
# Everything outside the weights that decides what an embedding means. Change it with any change
# of chips.py, predictor.py or detector.py that moves a landmark or a pixel of a chip.
PREPROCESSING = "dlib-5-points-chip150-pad0.25/mmod-pyramid/1"


@dataclass(frozen=True, slots=True)
class Package:
    """A package whose files were found to be those of its manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    def path(self, name: str) -> Path:
        return self.folder / name

    @property
    def candor(self) -> Mapping[str, Any]:
        section: Mapping[str, Any] = self.manifest["candor"]
        return section

    @property
    def weights_sha256(self) -> str:
        """One hash over the recogniser and the predictor, which decide what an embedding means."""
        # Not the detector: its box only says where the predictor starts, and the predictor ends
        # at the same landmarks (its int8 form, chosen per machine, moves no embedding by more
        # than another picture of the person would; a test holds it to that). With it, a package
        # built on another processor would make every stored template worthless.
        hashes = {name: self.candor["files"][name] for name in (RECOGNISER, PREDICTOR)}
        files = json.dumps(hashes, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(files.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_manifest(folder: Path, **candor: object) -> dict[str, Any]:
    """The manifest for the files in `folder`; keywords go into Candor's section."""
    hashes = {name: sha256_of(folder / name) for name in FILES}
    return {
        "manifest_version": 2,
        "model_id": PACKAGE_NAME,
        "display_name": "Candor open model package (dlib weights, CC0 1.0)",
        "license": "MODEL.LICENSE",
        "tasks": {
            "recognition": {
                "file": RECOGNISER,
                "sha256": hashes[RECOGNISER],
                "preprocessing": "embedded",
                "preprocessing_version": PREPROCESSING,
                "input_size": [150, 150],
                "embedding_dimension": 128,
            }
        },
        "candor": {"format": FORMAT, "preprocessing": PREPROCESSING, "files": hashes, **candor},
    }


def open_package(folder: Path) -> Package:
    """The package in `folder`, every file checked against the manifest's SHA-256.

    Raises EngineError("model_missing") when there is none and EngineError("model_damaged") when
    a file or the manifest is not what it should be. insightface would silently ignore a damaged
    manifest and load whatever lies in the folder; nothing is loaded here before this check.
    """
    if not (folder / MANIFEST).is_file():
        raise EngineError(
            "model_missing",
            f"There is no open model package in {folder}; run: python manage.py models build",
        )
    try:
        load_model_package(folder)
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        section = manifest["candor"]
        task = manifest["tasks"]["recognition"]
        if (
            not section["self_check"]
            or section["format"] != FORMAT
            or section["preprocessing"] != PREPROCESSING
        ):
            raise _damaged(folder, "it was built for another version of Candor")
        if task["file"] != RECOGNISER or task["sha256"] != section["files"][RECOGNISER]:
            raise _damaged(folder, "its manifest contradicts itself")
        wrong = [name for name in FILES if sha256_of(folder / name) != section["files"][name]]
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise _damaged(folder, f"its manifest or a file cannot be read ({error})") from error
    if wrong or set(section["files"]) != set(FILES):
        raise _damaged(folder, f"{', '.join(wrong) or 'the list of files'} was changed")
    return Package(folder, manifest)


def _damaged(folder: Path, why: str) -> EngineError:
    return EngineError(
        "model_damaged",
        f"The open model package in {folder} cannot be used: {why}. "
        "Remove that folder and run: python manage.py models build",
    )
