"""Fixtures of the engines' tests: the open package, built once per state of its sources."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from searches.engines import open as open_engine_package
from searches.engines.base import EngineConfig, RGBImage
from searches.engines.open.build import build_package
from searches.engines.open.engine import OpenEngine, load
from searches.engines.open.package import PACKAGE_NAME
from searches.engines.synthetic import Identity, Scene, draw

CACHE = Path(__file__).parents[2] / "var" / "test-models"
PEOPLE = 8
PICTURES_EACH = 2


def portrait(person: int, picture: int, size: int = 400) -> RGBImage:
    """One picture of a synthetic person."""
    return draw(Identity.from_seed(person), Scene.from_seed(person * 1000 + picture, size=size))


@pytest.fixture(scope="session")
def portraits() -> Sequence[tuple[int, RGBImage]]:
    """Two pictures each of eight synthetic people, with the person's number."""
    return [
        (person, portrait(person, picture))
        for person in range(PEOPLE)
        for picture in range(PICTURES_EACH)
    ]


@pytest.fixture(scope="session")
def open_package(portraits: Sequence[tuple[int, RGBImage]]) -> Path:
    """A models folder with the open package in it, kept between runs of the tests."""
    digest = hashlib.sha256()
    for source in sorted(Path(open_engine_package.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    models = CACHE / digest.hexdigest()[:16]
    build_package(models / PACKAGE_NAME, pictures=[picture for _, picture in portraits])
    return models


@pytest.fixture(scope="session")
def open_engine(open_package: Path) -> OpenEngine:
    return load(EngineConfig(models=open_package))
