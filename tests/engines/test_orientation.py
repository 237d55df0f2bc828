"""Pictures that lie on their side: with a small engine of bright markers."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from searches.engines.base import (
    Box,
    EmbeddingContract,
    Embeddings,
    Face,
    FaceEngine,
    LandmarkScheme,
    LicenceState,
    ModelLicence,
    RGBImage,
)
from searches.engines.orientation import detect_oriented, turned
from searches.engines.quality import measure


class MarkerEngine:
    """Finds bright bars that stand on a brighter foot: a face that knows which way is up.

    A face is a 20 x 40 px upright rectangle whose lower half is brighter than its upper half; its
    score is the lower half's brightness.
    """

    name = "marker"
    contract = EmbeddingContract("marker", "0" * 64, "none", 2)
    licence = ModelLicence(LicenceState.OPEN, "Test", "Written in the test.")
    landmark_scheme = LandmarkScheme.EYES_NOSE_MOUTH
    scale = "cosine, marker"
    published_threshold: float | None = None
    providers: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.looked = 0

    def detect(self, image: RGBImage) -> list[Face]:
        self.looked += 1
        bright = (image[..., 0] > 60).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        faces = [self._face(image, stat) for stat in stats[1:]]
        return [face for face in faces if face is not None]

    def _face(self, image: RGBImage, stat: NDArray[np.int32]) -> Face | None:
        left, top, width, height = (int(value) for value in stat[:4])
        column = image[top : top + height, left + width // 2, 0].astype(float)
        upper, lower = column[: height // 2].mean(), column[height // 2 :].mean()
        if height <= width or lower <= upper:
            return None
        box = Box(left, top, left + width, top + height)
        xs, ys = (left + 4, left + width - 5, left + width / 2), (top + 8, top + 20, top + 30)
        points = ((xs[0], ys[0]), (xs[1], ys[0]), (xs[2], ys[1]), (xs[0], ys[2]), (xs[1], ys[2]))
        return Face(box, points, lower / 255, measure(image, box, points, self.landmark_scheme))

    def embed(self, image: RGBImage, faces: Sequence[Face]) -> Embeddings:
        rows = [[face.score, 1 - face.score] for face in faces]
        values = np.array(rows, dtype=np.float32).reshape(-1, 2)
        return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


def scene(*bars: tuple[int, int, int], upside_down: bool = False) -> RGBImage:
    """A dark picture, 160 x 120, with bars at (x, y) whose foot has the given brightness."""
    image = np.full((120, 160, 3), 20, dtype=np.uint8)
    for x, y, foot in bars:
        halves = (foot, 80) if upside_down else (80, foot)
        image[y : y + 20, x : x + 20] = halves[0]
        image[y + 20 : y + 40, x : x + 20] = halves[1]
    return image


@pytest.fixture
def engine() -> MarkerEngine:
    return MarkerEngine()


def test_the_marker_engine_is_a_face_engine(engine: MarkerEngine) -> None:
    promised: FaceEngine = engine
    assert len(promised.detect(scene((10, 10, 200)))) == 1


def test_an_upright_picture_is_looked_at_once_and_left_alone(engine: MarkerEngine) -> None:
    image = scene((10, 10, 200))
    found = detect_oriented(engine, image)
    assert found.image is image
    assert found.quarter_turns == 0
    assert [face.box for face in found.faces] == [Box(10, 10, 30, 50)]
    assert engine.looked == 1


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_turned_picture_is_turned_back(engine: MarkerEngine, quarter_turns: int) -> None:
    upright = scene((10, 10, 200), (100, 50, 220))
    lying = turned(upright, -quarter_turns)
    found = detect_oriented(engine, lying)
    assert found.quarter_turns == quarter_turns
    assert (found.image == upright).all()
    assert {face.box for face in found.faces} == {Box(10, 10, 30, 50), Box(100, 50, 120, 90)}


def test_a_quarter_turn_is_clockwise() -> None:
    image = np.zeros((2, 3, 3), dtype=np.uint8)
    image[0, 0] = 255  # top left goes to top right
    assert turned(image, 1).shape == (3, 2, 3)
    assert (turned(image, 1)[0, 1] == 255).all()


def test_the_turned_picture_is_contiguous(engine: MarkerEngine) -> None:
    found = detect_oriented(engine, turned(scene((10, 10, 200)), 1))
    assert found.image.flags.c_contiguous


def test_upright_wins_over_a_better_face_lying_down(engine: MarkerEngine) -> None:
    image = scene((10, 10, 100))
    image[80:100, 100:120], image[80:100, 120:140] = 255, 80  # a bar that lies down
    found = detect_oriented(engine, image)
    assert found.quarter_turns == 0
    assert len(found.faces) == 1


def test_the_orientation_with_the_best_face_wins(engine: MarkerEngine) -> None:
    image = scene((100, 60, 240), upside_down=True)
    image[10:30, 10:30], image[10:30, 30:50] = 80, 120  # lies with its foot to the right
    found = detect_oriented(engine, image)
    assert found.quarter_turns == 2
    assert found.faces[0].score == pytest.approx(240 / 255)
    assert detect_oriented(engine, image[:, :80]).quarter_turns == 1


def test_a_picture_without_a_face_comes_back_as_it_was(engine: MarkerEngine) -> None:
    image = scene()
    found = detect_oriented(engine, image)
    assert (found.image is image, found.quarter_turns, found.faces) == (True, 0, [])
    assert engine.looked == 4
