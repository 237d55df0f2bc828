"""Writes synthetic people as a labelled folder, as enrolment and measurement read them."""

from pathlib import Path

import cv2

from searches.engines.base import EngineError

from .identity import Identity
from .picture import draw
from .scene import Scene

_JPEG_QUALITY = 92


def write_folder(
    target: Path, *, people: int, pictures: int, first_seed: int = 1, size: int = 400
) -> None:
    """Write `people` sub-folders P-0001, P-0002, ... of `pictures` JPEG files each, no metadata.

    A sub-folder's number is its person's seed, so folders of different seed ranges can be joined.
    Files are `size` pixels square. Equal arguments write equal files.
    Raises EngineError("folder_not_written") when a file cannot be written.
    """
    for person in range(first_seed, first_seed + people):
        folder = target / f"P-{person:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        for picture in range(pictures):
            write_picture(folder / f"{picture + 1:02d}.jpg", person, picture, size=size)


def write_picture(path: Path, person: int, picture: int, *, size: int = 400) -> None:
    """Write the n-th picture (from 0) of the person of this seed as a JPEG file of `size` pixels.

    Raises EngineError("folder_not_written") when it cannot be written.
    """
    scene = Scene.from_seed(scene_seed(person, picture), size=size)
    pixels = cv2.cvtColor(draw(Identity.from_seed(person), scene), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]):
        raise EngineError(
            "folder_not_written", f"Could not write {path}; check space and permissions"
        )


def scene_seed(person: int, picture: int) -> int:
    """The scene of a person's n-th picture (from 0); distinct for up to 1000 pictures."""
    return person * 1000 + picture
