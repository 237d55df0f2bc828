"""The detector finds dlib's faces, and smaller, larger and cut ones besides."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from onnxruntime import InferenceSession

from searches.engines.base import Box, RGBImage, overlap
from searches.engines.open import detector as module
from searches.engines.open.detector import Detection, find_faces, pyramid
from searches.engines.open.detector_graph import detector_model
from searches.engines.open.dlib_files import DETECTOR_FILE, locate, read_network
from searches.engines.open.engine import OpenEngine
from searches.engines.open.package import DETECTOR
from searches.engines.open.sessions import PROVIDERS, open_session, session_options
from searches.engines.synthetic import Identity, Scene, draw, draw_empty, draw_group

from . import dlib_reference as reference
from .conftest import portrait


@pytest.fixture(scope="module")
def session(open_engine: OpenEngine) -> InferenceSession:
    return open_session(open_engine.package.path(DETECTOR), 1)


def windows_as_dlib_scans(session: InferenceSession, image: RGBImage) -> list[Detection]:
    """All windows with dlib's own pyramid: steps of 6/5, a black border of 11 px."""
    found = []
    level, scale = image, 1.0
    while min(level.shape[:2]) >= 60:
        framed = np.pad(level, ((11, 11), (11, 11), (0, 0)))
        blob = framed.transpose(2, 0, 1)[None].astype(np.float32)
        scores = session.run(None, {"image": blob})[0][0, 0]
        for row, column in np.argwhere(scores > 0):
            x, y = column * 8 + 14 - 11, row * 8 + 14 - 11
            edges = ((v + 0.5) * scale - 0.5 for v in (x - 39.5, y - 39.5, x + 39.5, y + 39.5))
            found.append(Detection(Box(*map(float, edges)), float(scores[row, column])))
        size = [int(5 * side / 6 + 0.5) for side in level.shape[1::-1]]
        level = cv2.resize(level, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
        scale *= 6 / 5
    return found


@pytest.mark.parametrize("person", range(3))
def test_the_exported_graph_scores_dlibs_window_as_dlib(person: int) -> None:
    model = detector_model(read_network(locate(DETECTOR_FILE)))
    session = InferenceSession(
        model.SerializeToString(), sess_options=session_options(1), providers=list(PROVIDERS)
    )
    image = portrait(person, 0)
    (dlibs,) = reference.detector()(image, 0)
    (box,) = reference.boxes(image)
    same = max(windows_as_dlib_scans(session, image), key=lambda d: overlap(d.box, box))
    assert overlap(same.box, box) > 0.95
    # Not closer, because dlib packs all levels into one picture, where neighbours shine through.
    assert same.raw == pytest.approx(dlibs.confidence, abs=0.05)


@pytest.mark.parametrize("person", range(3))
def test_the_box_is_near_dlibs(session: InferenceSession, person: int) -> None:
    image = portrait(person, 0)
    (ours,) = find_faces(session, image)
    (dlibs,) = reference.boxes(image)
    # dlib's box is its best window, which jumps between levels; ours is the mean of all windows.
    assert overlap(ours.box, dlibs) > 0.5
    assert 0.4 < ours.score < 1


def test_a_group_is_found_as_by_dlib(session: InferenceSession) -> None:
    people = [Identity.from_seed(seed) for seed in range(4)]
    image = draw_group(people, Scene.from_seed(1, size=640))
    ours, dlibs = find_faces(session, image), reference.boxes(image)
    assert len(ours) == len(dlibs) == 4
    for box in dlibs:
        assert max(overlap(box, face.box) for face in ours) > 0.5


def on_canvas(image: RGBImage, factor: float, left: int = 300, top: int = 200) -> RGBImage:
    small = reference.enlarged(image, factor)
    canvas = np.full((700, 900, 3), (90, 110, 120), np.uint8)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


@pytest.mark.parametrize("side", [40, 55, 90, 150])
@pytest.mark.parametrize("person", [2, 5])
def test_a_small_face_is_found_where_it_is(
    session: InferenceSession, side: int, person: int
) -> None:
    image = portrait(person, 0)
    (large,) = find_faces(session, image)
    factor = side / large.box.width
    (small,) = find_faces(session, on_canvas(image, factor))
    box = large.box
    expected = Box(
        300 + box.left * factor,
        200 + box.top * factor,
        300 + box.right * factor,
        200 + box.bottom * factor,
    )
    assert overlap(small.box, expected) > 0.7


@pytest.mark.parametrize("share", [1.3, 1.0, 0.85])
@pytest.mark.parametrize("side", [80, 400, 1600])
def test_a_face_that_fills_the_picture_is_found(
    session: InferenceSession, share: float, side: int
) -> None:
    image = draw(Identity.from_seed(7), Scene.id_photo(7, size=600))
    (face,) = find_faces(session, image)
    x, y = (face.box.left + face.box.right) / 2, (face.box.top + face.box.bottom) / 2
    half = share * face.box.width / 2
    crop = image[round(y - half) : round(y + half), round(x - half) : round(x + half)]
    (found,) = find_faces(session, reference.enlarged(crop, side / len(crop)))
    assert found.box.width == pytest.approx(side / share, rel=0.3)


def test_nothing_is_found_where_nobody_is(session: InferenceSession) -> None:
    for seed in range(4):
        assert find_faces(session, draw_empty(seed)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (30, 30), (3, 3000)])
def test_odd_shapes_do_no_harm(session: InferenceSession, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert find_faces(session, noise) == []


def test_equal_pictures_give_equal_faces(session: InferenceSession) -> None:
    image = draw_group([Identity.from_seed(s) for s in range(3)], Scene.from_seed(9, size=500))
    assert find_faces(session, image) == find_faces(session, image.copy())


@pytest.mark.parametrize("shape", [(3000, 4000), (12000, 9000), (2, 100_000), (900, 1200)])
def test_the_work_is_bounded(shape: tuple[int, int]) -> None:
    levels = [level.shape[:2] for level, _, _ in pyramid(np.zeros((*shape, 3), np.uint8))]
    border = 2 * module.BORDER
    total = sum((height + border) * (width + border) for height, width in levels)
    assert max(map(max, levels)) <= module.LONGEST_SIDE
    assert total < 3 * module.LARGEST_AREA


def test_levels_follow_the_picture() -> None:
    levels = [level.shape[:2] for level, _, _ in pyramid(np.zeros((400, 300, 3), np.uint8))]
    assert levels[0] == (700, 525)
    assert levels[1] == (525, 394)
    assert 42 <= min(levels[-1]) < 42 * module.STEP


class OneLevel:
    """A session whose network sees the same scores on every level but the first is silent."""

    def __init__(self, scores: Sequence[Sequence[float]]) -> None:
        self.scores = np.array(scores, np.float32)[None, None]
        self.silent = np.full_like(self.scores, -1.0)
        self.calls = 0

    def run(self, names: object, inputs: object) -> list[object]:
        self.calls += 1
        return [self.scores if self.calls == 1 else self.silent]


def test_neighbouring_windows_are_one_face_and_distant_ones_two() -> None:
    scores = np.full((40, 40), -1.0)
    scores[5, 5], scores[5, 6] = 1.0, 0.5
    scores[30, 30] = 0.25
    image = np.zeros((200, 200, 3), np.uint8)
    found = find_faces(OneLevel(scores.tolist()), image)
    assert [face.raw for face in found] == [1.0, 0.25]
    # Two windows, 8 px of the enlarged level apart, weighted 2 to 1; the second alone.
    x = (5 * 8 + 14 - 40 - 39.5 + 8 / 3 + 0.5) / 1.75 - 0.5
    assert found[0].box.left == pytest.approx(x)
    assert found[0].box.width == pytest.approx(79 / 1.75)
    assert found[1].box.left == pytest.approx((30 * 8 + 14 - 40 - 39.5 + 0.5) / 1.75 - 0.5)


def test_scores_rise_from_0_towards_1() -> None:
    box = Box(0, 0, 1, 1)
    scores = [Detection(box, raw).score for raw in (1e-6, 0.1, 0.5, 1.0, 5.0)]
    assert scores == sorted(scores)
    assert 0 < scores[0] < 1e-5
    assert scores[-1] < 1
    assert Detection(box, 1.0).score == pytest.approx(0.8647, abs=1e-4)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Box(0, 0, 10, 10), 1.0),
        (Box(5, 0, 15, 10), 1 / 3),
        (Box(10, 0, 20, 10), 0.0),
        (Box(20, 20, 30, 30), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(other: Box, expected: float) -> None:
    assert overlap(Box(0, 0, 10, 10), other) == pytest.approx(expected)
