"""Writing a V2 manifest for a model folder that has none, such as an unpacked buffalo_l.

Without a manifest insightface opens every ONNX file of the folder, attribute models included, and
checks no hash. The manifest names the detector and the recogniser and pins their hashes.
"""

import json
import os
import re
import tempfile
from hashlib import file_digest
from pathlib import Path
from typing import Any

from searches.engines.base import EngineError

from .graph import Graph, read_graph

MANIFEST = "manifest.json"
LICENCE = "MODEL.LICENSE"
MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def write_manifest(folder: Path) -> Path:
    """Write `manifest.json` for the one detector and the one recogniser in a folder.

    The folder's name becomes the model id that a licence must be issued for. Returns the
    manifest's path. Raises EngineError: "manifest_exists" (never overwritten), "model_incomplete"
    (no detector with landmarks or no recogniser), "model_ambiguous" (more than one of either),
    "model_damaged", "model_name_invalid", "manifest_unwritable".
    """
    target = folder / MANIFEST
    if os.path.lexists(target):
        raise EngineError("manifest_exists", f"{target} is there already; it is not overwritten.")
    if not MODEL_ID.fullmatch(folder.name):
        raise EngineError(
            "model_name_invalid",
            f"The folder's name becomes the model's: rename {folder.name!r} to letters, digits, "
            "dots, dashes and underscores, such as buffalo_l.",
        )
    graphs = [read_graph(path) for path in sorted(folder.glob("*.onnx"))]
    detector = _only("detector", folder, [graph for graph in graphs if graph.is_detector])
    recogniser = _only("recogniser", folder, [graph for graph in graphs if graph.is_recogniser])
    text = json.dumps(_document(folder.name, detector, recogniser), indent=2)
    _write_once(target, text + "\n")
    return target


def _document(model_id: str, detector: Graph, recogniser: Graph) -> dict[str, Any]:
    dimension = recogniser.outputs[0][1]
    if dimension < 1:
        raise EngineError(
            "model_incomplete",
            f"{recogniser.path.name} does not say how long its embeddings are; "
            "write manifest.json by hand.",
        )
    std = 1.0 if recogniser.normalises_itself else 127.5
    mean = 0.0 if recogniser.normalises_itself else 127.5
    return {
        "manifest_version": 2,
        "model_id": model_id,
        "license": LICENCE,
        "tasks": {
            "detection": _pinned(detector),
            "recognition": {
                **_pinned(recogniser),
                "preprocessing": {"mean": mean, "std": std},
                "input_size": list(recogniser.inputs[0][2:]),
                "embedding_dimension": dimension,
            },
        },
    }


def _only(role: str, folder: Path, graphs: list[Graph]) -> Graph:
    if len(graphs) == 1:
        return graphs[0]
    if not graphs:
        raise EngineError(
            "model_incomplete",
            f"{folder} holds no {role} that Candor can use: a package needs one SCRFD detector "
            "with five landmarks and one recogniser of aligned 112 px faces.",
        )
    names = ", ".join(graph.path.name for graph in graphs)
    raise EngineError(
        "model_ambiguous",
        f"{folder} holds more than one {role}: {names}. Keep one, or write manifest.json by hand.",
    )


def _pinned(graph: Graph) -> dict[str, Any]:
    with graph.path.open("rb") as stream:
        return {"file": graph.path.name, "sha256": file_digest(stream, "sha256").hexdigest()}


def _write_once(target: Path, text: str) -> None:
    # Several workers may start on a new folder at once; each writes the same text, and none may
    # read half of it.
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".manifest-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError as error:
        raise EngineError(
            "manifest_unwritable",
            f"{target} cannot be written ({error.strerror}); write it once with an account that "
            "may write there.",
        ) from error
