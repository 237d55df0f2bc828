"""The demo's pictures: synthetic people drawn by code."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2

from searches.engines.synthetic import Identity, Scene, draw
from searches.engines.synthetic.folder import scene_seed, write_folder

PEOPLE, PICTURES = 200, 3
WANTED = 17
"""The person whose other picture the demo searches for."""


def demo_pictures(
    folder: Path, processes: int, *, first: int = 1, people: int = 0, pictures: int = PICTURES
) -> None:
    """Draw the pictures of people from the seed `first` on; those that are there stay.

    Unless it is said how many, the people of the demo's own gallery.
    """
    people = people or PEOPLE
    end = first + people
    if (folder / f"P-{end - 1:04d}").is_dir():
        return
    share = -(-people // processes)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        parts = [(folder, at, min(share, end - at), pictures) for at in range(first, end, share)]
        list(pool.map(_draw_share, parts))


def _draw_share(part: tuple[Path, int, int, int]) -> None:
    folder, first, people, pictures = part
    write_folder(folder, people=people, pictures=pictures, first_seed=first)


def demo_probe(path: Path) -> Path:
    """A picture of the wanted person that is not in the gallery."""
    scene = Scene.from_seed(scene_seed(WANTED, PICTURES + 1))
    pixels = draw(Identity.from_seed(WANTED), scene)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return path
