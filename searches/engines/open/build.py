"""Builds the open model package from dlib's weights."""

import fcntl
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from searches.engines.base import EngineError, RGBImage

from . import dlib_files, package
from .chips import face_chip
from .detector import Detection, find_faces
from .detector_graph import detector_model
from .dlib_files import locate, read_network
from .precision import settle_detector, settle_recogniser
from .predictor import ShapePredictor
from .recogniser_graph import recogniser_model
from .selfcheck import embed_patterns
from .sessions import open_session

SOURCES = (dlib_files.RECOGNISER_FILE, dlib_files.DETECTOR_FILE, dlib_files.PREDICTOR_FILE)


def build_package(target: Path, *, pictures: Iterable[RGBImage]) -> Path:
    """Build the package folder `target` (".../models/open-1") unless a sound one is there.

    On `pictures` with a few dozen faces it is measured whether a stage keeps its decisions in
    int8 and gains by it; without pictures all stages stay fp32. The outcome is in the manifest
    (`candor.measured`). A package that is there takes none of them, so that they may be
    drawn as they are taken. Takes 4 s, with 32 pictures of 400 px about 16 s. Processes that build
    at the same time wait for each other, and the folder appears complete or not at all.
    Raises EngineError("weights_missing") or EngineError("weights_damaged").
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _only_builder(target):
        if _is_sound(target):
            return target
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
            folder = Path(scratch) / target.name
            folder.mkdir()
            _write_files(folder, list(pictures))
            if target.exists():  # damaged: moved away first, since a rename cannot replace it
                target.rename(Path(scratch) / "damaged")
            folder.rename(target)
    return target


@contextmanager
def _only_builder(target: Path) -> Iterator[None]:
    """Hold the lock of this target; the kernel frees it should the process die."""
    with (target.parent / f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_sound(target: Path) -> bool:
    try:
        package.open_package(target)
    except EngineError:
        return False
    return True


def _write_files(folder: Path, pictures: Sequence[RGBImage]) -> None:
    recogniser, detector = folder / package.RECOGNISER, folder / package.DETECTOR
    onnx.save(recogniser_model(read_network(locate(dlib_files.RECOGNISER_FILE))), recogniser)
    onnx.save(detector_model(read_network(locate(dlib_files.DETECTOR_FILE))), detector)
    predictor = ShapePredictor.from_dlib(locate(dlib_files.PREDICTOR_FILE))
    predictor.save(folder / package.PREDICTOR)
    session = open_session(detector, 1)
    found = [find_faces(session, picture) for picture in pictures]
    chips = [
        chip
        for picture, faces in zip(pictures, found, strict=True)
        for chip in _chips(predictor, picture, faces)
    ]
    measured = {
        "recogniser": asdict(settle_recogniser(recogniser, chips)),
        "detector": asdict(settle_detector(detector, pictures, found)),
    }
    manifest = package.make_manifest(
        folder,
        measured=measured,
        self_check=embed_patterns(open_session(recogniser, 1)).round(6).tolist(),
        sources={name: package.sha256_of(locate(name)) for name in SOURCES},
        built_with={
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
            "numpy": np.__version__,
        },
    )
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    (folder / package.MANIFEST).write_text(text, encoding="utf-8")


def _chips(
    predictor: ShapePredictor, picture: RGBImage, faces: Sequence[Detection]
) -> list[RGBImage]:
    chips = []
    for face in faces:
        with suppress(EngineError):  # a false detection without a face to align
            chips.append(face_chip(picture, predictor.predict(picture, face.box).tolist()))
    return chips
