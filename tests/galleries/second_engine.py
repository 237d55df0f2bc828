"""A second engine that is one: the open model package with its recogniser in int8.

Other weights are another contract, and its embeddings differ a little from those of the first.
"""

import hashlib
import json
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from django.conf import settings

from searches.engines.base import EngineConfig
from searches.engines.open import engine as open_engine
from searches.engines.open.chips import face_chip
from searches.engines.open.package import MANIFEST, RECOGNISER, make_manifest
from searches.engines.open.quantise import quantise
from searches.engines.open.selfcheck import embed_patterns
from searches.engines.open.sessions import open_session
from searches.engines.synthetic import Identity, Scene, draw
from searches.model_building import build_open_models
from searches.recognition import Slot

CHIPS = 12


@cache
def second_package() -> Path:
    """The folder of the package, built unless it is there."""
    first = build_open_models(Path(settings.MODELS_DIR))
    digest = hashlib.sha256((first / MANIFEST).read_bytes() + Path(__file__).read_bytes())
    folder = Path(settings.MODELS_DIR) / f"second-{digest.hexdigest()[:12]}"
    if not folder.is_dir():
        with TemporaryDirectory(dir=folder.parent) as scratch:
            made = shutil.copytree(first, Path(scratch) / "made")
            _make_coarse(made, EngineConfig(models=first.parent))
            with suppress(OSError):  # another lane's has come first
                made.rename(folder)
    return folder


def _make_coarse(folder: Path, config: EngineConfig) -> None:
    loaded = open_engine.load(config)
    blobs = []
    for seed in range(800_001, 800_001 + CHIPS):
        picture = draw(Identity.from_seed(seed), Scene.from_seed(seed, size=320))
        chip = face_chip(picture, loaded.detect(picture)[0].landmarks)
        blobs.append(chip.transpose(2, 0, 1)[None].astype(np.float32))
    coarse = folder / "coarse.onnx"
    quantise(folder / RECOGNISER, coarse, blobs)
    coarse.replace(folder / RECOGNISER)
    before = json.loads((folder / MANIFEST).read_text())["candor"]
    kept = {name: before[name] for name in ("measured", "sources", "built_with")}
    check = embed_patterns(open_session(folder / RECOGNISER, 1)).round(6).tolist()
    manifest = make_manifest(folder, self_check=check, **kept)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def second_contract() -> str:
    """Its id. It is another one than that of the installation's engine."""
    folder = second_package()
    return Slot("open", EngineConfig(models=folder.parent, package=folder)).describe().contract.id
