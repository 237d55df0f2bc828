"""The bare engine, as worker processes without Django's applications import it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from searches.images import decode
from searches.recognition import engine, image_limits


def embed_file(path: Path) -> NDArray[np.float32]:
    """Decode, detect, embed the largest face: float32 [dimension]. Nothing is checked or kept."""
    rgb = decode(path.read_bytes(), image_limits()).rgb
    used = engine()
    vector: NDArray[np.float32] = used.embed(rgb, used.detect(rgb)[:1])[0]
    return vector


def embed_picture(picture: bytes, times: int) -> None:
    """As a worker does for a search: the face was found before."""
    used = engine()
    faces = used.detect(decode(picture, image_limits()).rgb)[:1]
    for _ in range(times):
        used.embed(decode(picture, image_limits()).rgb, faces)
