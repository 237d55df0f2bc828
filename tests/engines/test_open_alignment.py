"""Landmarks and chips are dlib's."""

import numpy as np
import pytest

from searches.engines.base import Box, EngineError, RGBImage
from searches.engines.open.chips import face_chip
from searches.engines.open.dlib_files import PREDICTOR_FILE, locate
from searches.engines.open.engine import OpenEngine
from searches.engines.open.predictor import ShapePredictor

from . import dlib_reference as reference
from .conftest import portrait

LEVEL = ((100.0, 50.0), (90.0, 50.0), (50.0, 50.0), (60.0, 50.0), (75.0, 75.0))


@pytest.fixture(scope="module")
def predictor() -> ShapePredictor:
    return ShapePredictor.from_dlib(locate(PREDICTOR_FILE))


def face_box(engine: OpenEngine, image: RGBImage) -> Box:
    (face,) = engine.detect(image)
    edges = (face.box.left, face.box.top, face.box.right, face.box.bottom)
    return Box(*(float(round(edge)) for edge in edges))


def test_landmarks_equal_dlibs(open_engine: OpenEngine, predictor: ShapePredictor) -> None:
    random = np.random.default_rng(0)
    differences = []
    for person in range(6):
        image = portrait(person, 5)
        box = face_box(open_engine, image)
        for _ in range(10):
            shift = random.integers(-8, 9, 4)
            moved = Box(
                box.left + shift[0], box.top + shift[1], box.right + shift[2], box.bottom + shift[3]
            )
            ours = np.floor(predictor.predict(image, moved) + 0.5)
            differences.append(abs(ours - np.array(reference.points(image, moved))))
    assert np.max(differences) <= 2
    assert np.mean(np.array(differences) == 0) > 0.95


def test_landmarks_at_the_edge_equal_dlibs(predictor: ShapePredictor) -> None:
    image = portrait(1, 0)
    for box in (Box(-60, -50, 120, 130), Box(330, 300, 460, 430)):
        ours = np.floor(predictor.predict(image, box) + 0.5)
        assert abs(ours - np.array(reference.points(image, box))).max() <= 2


@pytest.mark.parametrize("factor", [0.3, 1.0, 1.7, 3.0, 4.6, 9.0])
@pytest.mark.parametrize("degrees", [0.0, 31.0, -77.0])
def test_chips_equal_dlibs_to_the_byte(
    open_engine: OpenEngine, factor: float, degrees: float
) -> None:
    base = portrait(3, 1)
    around = face_box(open_engine, base)
    image = reference.enlarged(base, factor, degrees)
    box = Box(*(round(v * factor) for v in (around.left, around.top, around.right, around.bottom)))
    ours = face_chip(image, reference.points(image, box))
    np.testing.assert_array_equal(ours, reference.chip(image, box))


def test_a_chip_past_the_edge_equals_dlibs(open_engine: OpenEngine) -> None:
    base = portrait(4, 1)
    box = face_box(open_engine, base)
    cut = np.ascontiguousarray(base[int(box.top) + 20 : int(box.bottom), int(box.left) + 25 :])
    moved = Box(-25, -20, box.width - 25, box.height - 20)
    ours = face_chip(cut, reference.points(cut, moved))
    np.testing.assert_array_equal(ours, reference.chip(cut, moved))
    assert (ours == 0).all(axis=2).any()


def test_a_turned_face_gives_an_upright_chip() -> None:
    image = np.zeros((150, 150, 3), np.uint8)
    image[:, :75] = 200  # the left half is bright
    upright = face_chip(image, LEVEL)
    turned = face_chip(
        np.ascontiguousarray(image[::-1, ::-1]), [(149 - x, 149 - y) for x, y in LEVEL]
    )
    assert abs(upright.astype(int) - turned).mean() < 1


@pytest.mark.parametrize(
    "landmarks",
    [
        [(75.0, 75.0)] * 5,
        [(float("nan"), 1.0), *LEVEL[1:]],
        [(float("inf"), 1.0), *LEVEL[1:]],
        [(1e300, 1.0), *LEVEL[1:]],
        LEVEL[:4],
        [*LEVEL, (1.0, 1.0)],
        [(x + 5000, y) for x, y in LEVEL],
        [(x * 1000, y * 1000) for x, y in LEVEL],
    ],
    ids=["coincide", "nan", "inf", "huge", "four", "six", "outside", "wide"],
)
def test_unusable_landmarks_are_refused(landmarks: list[tuple[float, float]]) -> None:
    image = portrait(0, 0)
    with pytest.raises(EngineError) as refused:
        face_chip(image, landmarks)
    assert refused.value.code == "face_unusable"


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_flat_chip_is_refused(grey: int) -> None:
    with pytest.raises(EngineError) as refused:
        face_chip(np.full((150, 150, 3), grey, np.uint8), LEVEL)
    assert refused.value.code == "face_unusable"
