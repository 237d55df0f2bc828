"""Faces of every size and place, found once, from any thread."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from searches.engines.base import Box, EngineConfig
from searches.engines.insightface.engine import InsightFaceEngine, load
from searches.engines.orientation import detect_oriented, turned

from .synthetic_package import EYES, Placed, build, detector, picture


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> InsightFaceEngine:
    folder = tmp_path_factory.mktemp("detection")
    return load(EngineConfig(models=folder, package=build(folder)))


@pytest.mark.parametrize(
    ("width", "height", "placed"),
    [
        pytest.param(640, 480, Placed(1, 200, 150, 45), id="small"),
        pytest.param(1920, 1080, Placed(2, 1700, 900, 130), id="small in a large picture"),
        pytest.param(1080, 1920, Placed(3, 500, 500, 400, 20), id="tilted"),
        pytest.param(600, 800, Placed(4, 300, 380, 560), id="identity photograph"),
        pytest.param(400, 400, Placed(5, 200, 200, 400), id="fills the picture"),
        pytest.param(112, 112, Placed(6, 56, 56, 112), id="fills a small picture"),
        pytest.param(3000, 2000, Placed(7, 1500, 1000, 1900), id="fills a large picture"),
    ],
)
def test_one_face_of_any_size_is_found_where_it_is(
    engine: InsightFaceEngine, width: int, height: int, placed: Placed
) -> None:
    faces = engine.detect(picture(width, height, [placed]))
    assert len(faces) == 1
    found = np.array(faces[0].landmarks)
    assert np.abs(found - placed.landmarks).max() < placed.side * 0.02
    eyes = placed.side * EYES / 112
    assert faces[0].quality.eye_distance == pytest.approx(eyes, rel=0.06)
    assert faces[0].quality.roll == pytest.approx(placed.tilt, abs=2)
    middle = placed.landmarks.mean(axis=0)
    box = faces[0].box
    assert np.allclose([box.left + box.right, box.top + box.bottom], 2 * middle, atol=eyes * 0.2)


def test_a_face_that_fills_the_picture_needs_the_border(engine: InsightFaceEngine) -> None:
    image = picture(400, 400, [Placed(5, 200, 140, 560)])
    bare, _ = engine._detector.detect(image[..., ::-1], input_size=[(128, 128), (640, 640)])
    assert len(bare) == 0
    assert len(engine.detect(image)) == 1


def test_faces_come_largest_first_then_left_to_right(engine: InsightFaceEngine) -> None:
    people = [Placed(1, 90, 100, 100), Placed(2, 500, 300, 230), Placed(3, 250, 300, 100)]
    faces = engine.detect(picture(640, 480, people))
    areas = [face.box.area for face in faces]
    assert len(faces) == 3
    assert areas == sorted(areas, reverse=True)
    assert faces[0].box.left > 350


def test_a_face_seen_in_both_looks_is_reported_once(engine: InsightFaceEngine) -> None:
    # 190 px of 640: 60 px between the eyes in the first look, 16 px in the second.
    image = picture(640, 640, [Placed(1, 320, 320, 190)])
    assert len(engine.detect(image)) == 1


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (1, 500), (500, 1), (3000, 2), (2, 3000), (7, 5)]
)
def test_pictures_of_odd_form_have_no_face(
    engine: InsightFaceEngine, width: int, height: int
) -> None:
    assert engine.detect(picture(width, height, [])) == []


@pytest.mark.parametrize("fixed", [320, 640])
def test_a_detector_of_one_fixed_size_is_looked_at_in_that_size(tmp_path: Path, fixed: int) -> None:
    package = build(tmp_path, detection=detector(fixed=fixed))
    engine = load(EngineConfig(models=tmp_path, package=package))
    faces = engine.detect(picture(800, 600, [Placed(1, 400, 300, 200)]))
    assert len(faces) == 1


def test_a_lying_picture_is_found_by_turning_it(engine: InsightFaceEngine) -> None:
    upright = picture(640, 480, [Placed(1, 320, 240, 160)])
    lying = turned(upright, 3)
    assert engine.detect(lying) == []
    found = detect_oriented(engine, lying)
    assert found.quarter_turns == 1
    assert found.faces == engine.detect(upright)
    assert (found.image == upright).all()


def test_a_box_may_reach_beyond_the_picture(engine: InsightFaceEngine) -> None:
    placed = Placed(8, 150, 395, 200)
    faces = engine.detect(picture(640, 480, [placed]))
    assert len(faces) == 1
    assert faces[0].box.bottom > 480
    assert 0 < faces[0].quality.brightness < 1


def test_quality_follows_the_light(engine: InsightFaceEngine) -> None:
    image = picture(640, 480, [Placed(1, 320, 240, 200)])
    dark = (image * 0.85).astype(np.uint8)
    bright_face, dark_face = engine.detect(image)[0], engine.detect(dark)[0]
    assert dark_face.quality.brightness < bright_face.quality.brightness


def test_eight_threads_see_what_one_sees(engine: InsightFaceEngine) -> None:
    sizes = [(640, 480), (300, 500), (1000, 700), (200, 200)]
    images = [
        picture(width, height, [Placed(seed, width / 2, height / 2, min(width, height) * 0.4)])
        for seed, (width, height) in enumerate(sizes * 2)
    ]

    def run(index: int) -> tuple[list[Box], bytes]:
        image = images[index % len(images)]
        faces = engine.detect(image)
        return [face.box for face in faces], engine.embed(image, faces).tobytes()

    alone = [run(index) for index in range(len(images))]
    assert all(len(boxes) == 1 for boxes, _ in alone)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(run, range(8 * len(images))))
    assert together == alone * 8
