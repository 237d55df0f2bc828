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


def demo_pictures(folder: Path, processes: int) -> None:
    """Draw the gallery's pictures into `folder`; those that are there stay."""
    if (folder / f"P-{PEOPLE:04d}").is_dir():
        return
    share = -(-PEOPLE // processes)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        starts = range(1, PEOPLE + 1, share)
        list(pool.map(_draw_share, [(folder, first, share) for first in starts]))


def _draw_share(part: tuple[Path, int, int]) -> None:
    folder, first, share = part
    people = min(share, PEOPLE + 1 - first)
    write_folder(folder, people=people, pictures=PICTURES, first_seed=first)


def demo_probe(path: Path) -> Path:
    """A picture of the wanted person that is not in the gallery."""
    scene = Scene.from_seed(scene_seed(WANTED, PICTURES + 1))
    pixels = draw(Identity.from_seed(WANTED), scene)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return path
