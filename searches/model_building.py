"""Making the open model package, calibrated on synthetic people."""

from collections.abc import Iterator
from pathlib import Path

from searches.engines.base import RGBImage
from searches.engines.open.build import build_package
from searches.engines.open.package import PACKAGE_NAME
from searches.engines.synthetic import Identity, Scene, draw

PEOPLE, PICTURES = 16, 2


def build_open_models(models: Path) -> Path:
    """Build the package in `models` unless it is there; returns its folder."""
    return build_package(models / PACKAGE_NAME, pictures=_pictures())


def _pictures() -> Iterator[RGBImage]:
    """People that no demo gallery holds, so that nothing is measured on what it is used on."""
    for seed in range(900_001, 900_001 + PEOPLE):
        for scene in range(PICTURES):
            yield draw(Identity.from_seed(seed), Scene.from_seed(seed * 10 + scene))
