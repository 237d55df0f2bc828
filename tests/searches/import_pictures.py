"""Thousands of small pictures, cheaply: a few hundred people are drawn, and each picture of one
has a comment of its own, so that all files differ and all templates of a person are equal."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import cv2
import numpy as np

from searches.engines.synthetic.identity import Identity
from searches.engines.synthetic.picture import draw
from searches.engines.synthetic.scene import Scene
from searches.measuring import measure, prepare_process

SIZE, FACE = 80, 0.9  # the smallest in which every face is found upright and large enough
PROCESSES = 2

Row = tuple[str, str, bytes]
"""Reference, SHA-256 of the file, template as half-precision numbers, big-endian."""


@dataclass(frozen=True, slots=True)
class Person:
    reference: str
    picture: bytes
    template: bytes


def people(number: int) -> list[Person]:
    """So many people, each drawn and measured as a worker measures them."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), prepare_process) as pool:
        return list(pool.map(_person, range(1, number + 1), chunksize=10))


def plain(seed: int) -> bytes:
    """The picture of one of them."""
    scene = replace(Scene.id_photo(seed, size=SIZE), face=FACE)
    pixels = cv2.cvtColor(draw(Identity.from_seed(seed), scene), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def _person(seed: int) -> Person:
    picture = plain(seed)
    vector = measure(picture).found.vector
    return Person(f"P-{seed:04d}", picture, vector.astype(np.dtype(">f2")).tobytes())


def commented(jpeg: bytes, number: int) -> bytes:
    """The same picture in another file: with a comment right after its first marker."""
    comment = b"%d" % number
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def archive_of(cast: Sequence[Person], pictures: int) -> tuple[bytes, list[Row]]:
    """A ZIP file of so many pictures, and the gallery that an undisturbed import makes of it."""
    out, rows = io.BytesIO(), []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number in range(pictures):
            person = cast[number % len(cast)]
            data = commented(person.picture, number)
            archive.writestr(f"{person.reference}/{number:06d}.jpg", data)
            rows.append((person.reference, hashlib.sha256(data).hexdigest(), person.template))
    return out.getvalue(), sorted(rows)
