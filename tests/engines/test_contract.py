"""What every registered engine promises, tried on pictures that each of them can read.

An engine is added by naming it in the registry and by giving it a case here.
"""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import onnxruntime
import pytest

from searches.engines.base import (
    Box,
    Embeddings,
    EngineConfig,
    EngineError,
    Face,
    FaceEngine,
    LandmarkScheme,
    LicenceState,
    RGBImage,
)
from searches.engines.registry import ENGINES, load_engine
from searches.engines.synthetic import Identity, Scene, draw, draw_empty, draw_group

from .synthetic_package import Placed, build, picture


@dataclass(frozen=True)
class Case:
    """One loaded engine and pictures in its own language.

    `people` holds two pictures of each person; `group` shows at least three people of different
    sizes, `empty` nobody.
    """

    config: EngineConfig
    engine: FaceEngine
    people: list[tuple[RGBImage, RGBImage]]
    group: RGBImage
    empty: RGBImage
    small: RGBImage
    filling: RGBImage


def open_case(request: pytest.FixtureRequest) -> Case:
    engine = request.getfixturevalue("open_engine")
    people = [Identity.from_seed(seed) for seed in range(40, 46)]
    return Case(
        config=EngineConfig(models=engine.package.folder.parent),
        engine=engine,
        people=[
            (draw(person, Scene.id_photo(1)), draw(person, Scene.from_seed(200 + n)))
            for n, person in enumerate(people)
        ],
        group=draw_group(people[:4], Scene.from_seed(9, size=900)),
        empty=draw_empty(3),
        small=draw(people[0], replace(Scene.distant(5), shift_x=-0.2)),
        filling=draw(people[1], Scene.id_photo(2, size=600))[60:520, 90:510],
    )


def insightface_case(request: pytest.FixtureRequest) -> Case:
    folder = request.getfixturevalue("tmp_path_factory").mktemp("contract")
    config = EngineConfig(models=folder, package=build(folder))
    people = [
        (
            picture(400, 400, [Placed(seed, 200, 190, 300, noise=4, take=1)]),
            picture(640, 480, [Placed(seed, 250, 240, 150, 9, noise=6, take=2)], background=90),
        )
        for seed in range(6)
    ]
    group = [Placed(11, 120, 150, 120), Placed(12, 420, 220, 260, -8), Placed(13, 150, 380, 150)]
    return Case(
        config=config,
        engine=load_engine("insightface", config),
        people=people,
        group=picture(640, 480, group),
        empty=picture(500, 300, []),
        small=picture(640, 480, [Placed(14, 480, 120, 50)]),
        filling=picture(300, 300, [Placed(15, 150, 150, 310)]),
    )


CASES: dict[str, Callable[[pytest.FixtureRequest], Case]] = {
    "open": open_case,
    "insightface": insightface_case,
}


@pytest.fixture(scope="module")
def case_of(request: pytest.FixtureRequest) -> Callable[[str], Case]:
    return cache(lambda kind: CASES[kind](request))


@pytest.fixture(scope="module", params=list(ENGINES))
def case(request: pytest.FixtureRequest, case_of: Callable[[str], Case]) -> Case:
    return case_of(request.param)


@pytest.fixture(scope="module")
def engine(case: Case) -> FaceEngine:
    return case.engine


def the_face(engine: FaceEngine, image: RGBImage) -> Face:
    faces = engine.detect(image)
    assert len(faces) == 1
    return faces[0]


def embedding(engine: FaceEngine, image: RGBImage) -> Embeddings:
    rows = engine.embed(image, [the_face(engine, image)])
    return rows.reshape(engine.contract.dimension)


def test_every_registered_engine_has_a_case() -> None:
    assert set(CASES) == set(ENGINES)


def test_it_says_what_it_is(engine: FaceEngine) -> None:
    assert engine.name in ENGINES
    assert engine.contract.engine == engine.name
    assert engine.contract.dimension > 0
    assert re.fullmatch("[0-9a-f]{64}", engine.contract.weights_sha256)
    assert re.fullmatch("candor-ec1-sha256:[0-9a-f]{64}", engine.contract.id)
    assert isinstance(engine.landmark_scheme, LandmarkScheme)
    assert engine.scale.startswith("cosine, ")
    assert engine.published_threshold is None or -1 < engine.published_threshold < 1
    assert set(engine.providers) <= set(onnxruntime.get_available_providers())
    assert engine.providers


def test_it_says_what_its_weights_may_be_used_for(engine: FaceEngine) -> None:
    assert isinstance(engine.licence.state, LicenceState)
    assert engine.licence.title
    assert len(engine.licence.message) > 30


def test_loading_again_gives_the_same_contract(case: Case) -> None:
    again = load_engine(case.engine.name, case.config)
    assert again.contract == case.engine.contract
    assert again.contract.id == case.engine.contract.id


def test_no_two_engines_share_a_contract(case_of: Callable[[str], Case]) -> None:
    ids = [case_of(kind).engine.contract.id for kind in ENGINES]
    assert len(set(ids)) == len(ENGINES)


def test_a_face_is_described_in_range(case: Case) -> None:
    for image in (case.group, case.small, case.filling):
        height, width = image.shape[:2]
        for face in case.engine.detect(image):
            box, quality = face.box, face.quality
            assert np.isfinite(list(asdict(box).values())).all()
            assert box.width > 0
            assert box.height > 0
            assert -0.5 <= (box.left + box.right) / 2 <= width - 0.5
            assert -0.5 <= (box.top + box.bottom) / 2 <= height - 0.5
            assert 0 < face.score <= 1
            assert 0 <= quality.sharpness <= 1
            assert 0 <= quality.brightness <= 1
            assert 0 < quality.eye_distance < box.width
            assert max(abs(quality.yaw), abs(quality.pitch)) <= 90
            assert abs(quality.roll) <= 180


def test_five_landmarks_lie_on_the_face(case: Case) -> None:
    for face in case.engine.detect(case.group):
        points = np.array(face.landmarks)
        assert points.shape == (5, 2)
        margin = 0.1 * face.box.width
        assert (points >= (face.box.left - margin, face.box.top - margin)).all()
        assert (points <= (face.box.right + margin, face.box.bottom + margin)).all()


def test_values_of_a_face_are_plain_numbers(case: Case) -> None:
    face = the_face(case.engine, case.small)
    values = [*asdict(face.box).values(), *asdict(face.quality).values(), face.score]
    values += [value for point in face.landmarks for value in point]
    assert {type(value) for value in values} == {float}


def test_faces_come_largest_first(case: Case) -> None:
    areas = [round(face.box.area) for face in case.engine.detect(case.group)]
    assert len(areas) >= 3
    assert areas == sorted(areas, reverse=True)


def test_small_and_filling_faces_are_found(case: Case) -> None:
    small, filling = (the_face(case.engine, image) for image in (case.small, case.filling))
    assert small.box.area < 0.08 * case.small.shape[0] * case.small.shape[1]
    assert filling.box.area > 0.4 * case.filling.shape[0] * case.filling.shape[1]


def test_nobody_is_found_where_nobody_is(case: Case) -> None:
    assert case.engine.detect(case.empty) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (900, 2, 3), (31, 17, 3)])
def test_odd_pictures_are_no_error(engine: FaceEngine, shape: tuple[int, int, int]) -> None:
    assert engine.detect(np.full(shape, 127, np.uint8)) == []


def test_a_face_survives_json(case: Case) -> None:
    faces = case.engine.detect(case.group)
    again = [Face.from_json(json.loads(json.dumps(face.as_json()))) for face in faces]
    assert again == faces
    before, after = (case.engine.embed(case.group, some) for some in (faces, again))
    assert before.tobytes() == after.tobytes()


def test_embeddings_are_unit_float32_rows(case: Case) -> None:
    faces = case.engine.detect(case.group)
    rows = case.engine.embed(case.group, faces)
    assert rows.dtype == np.float32
    assert rows.shape == (len(faces), case.engine.contract.dimension)
    assert np.allclose(np.linalg.norm(rows.astype(np.float64), axis=1), 1, atol=1e-5)


def test_no_faces_give_no_rows(case: Case) -> None:
    rows = case.engine.embed(case.group, [])
    assert rows.shape == (0, case.engine.contract.dimension)
    assert rows.dtype == np.float32


def test_the_same_picture_gives_the_same_bytes(case: Case) -> None:
    faces = case.engine.detect(case.group)
    assert case.engine.detect(case.group.copy()) == faces
    first, second = (case.engine.embed(case.group, faces).tobytes() for _ in range(2))
    assert first == second


def test_together_or_one_by_one_is_the_same(case: Case) -> None:
    faces = case.engine.detect(case.group)[::-1]
    together = case.engine.embed(case.group, faces)
    alone = np.concatenate([case.engine.embed(case.group, [face]) for face in faces])
    assert np.abs(together - alone).max() < 1e-5


def test_bystanders_are_not_read(case: Case) -> None:
    chosen, *others = case.engine.detect(case.group)
    covered = case.group.copy()
    for face in others:
        left, top, right, bottom = (max(0, round(v)) for v in asdict(face.box).values())
        covered[top:bottom, left:right] = 0
    assert (covered != case.group).any()
    before, after = (case.engine.embed(image, [chosen]) for image in (case.group, covered))
    assert np.abs(before - after).max() < 1e-6


def test_pictures_are_left_as_they_are(case: Case) -> None:
    image = case.group.copy()
    image.flags.writeable = False
    faces = case.engine.detect(image)
    case.engine.embed(image, faces)
    assert (image == case.group).all()


def test_the_layout_of_the_memory_does_not_matter(case: Case) -> None:
    strided = np.asfortranarray(case.group)
    faces = case.engine.detect(strided)
    assert faces == case.engine.detect(case.group)
    rows, expected = (case.engine.embed(image, faces) for image in (strided, case.group))
    assert rows.tobytes() == expected.tobytes()


WRONG: dict[str, Any] = {
    "grey": np.zeros((90, 90), np.uint8),
    "four channels": np.zeros((90, 90, 4), np.uint8),
    "float": np.zeros((90, 90, 3), np.float32),
    "sixteen bits": np.zeros((90, 90, 3), np.uint16),
    "no pixels": np.zeros((0, 90, 3), np.uint8),
}


@pytest.mark.parametrize("image", WRONG.values(), ids=WRONG.keys())
def test_other_pixels_are_refused(case: Case, image: RGBImage) -> None:
    face = the_face(case.engine, case.small)
    calls: list[Callable[[], object]] = [
        lambda: case.engine.detect(image),
        lambda: case.engine.embed(image, [face]),
        lambda: case.engine.embed(image, []),
    ]
    for call in calls:
        with pytest.raises(EngineError) as caught:
            call()
        assert caught.value.code == "bad_pixels"


@pytest.mark.parametrize(
    "points",
    [[(float("nan"), 1.0)] * 5, [(50.0, 50.0)] * 5, [(float("inf"), 0.0)] * 5],
    ids=["not numbers", "one spot", "infinite"],
)
def test_landmarks_that_are_no_face_give_no_embedding(
    case: Case, points: list[tuple[float, float]]
) -> None:
    face = the_face(case.engine, case.small)
    broken = Face(face.box, tuple(points), face.score, face.quality)
    with pytest.raises(EngineError) as caught:
        case.engine.embed(case.small, [face, broken])
    assert caught.value.code == "face_unusable"


def test_a_person_is_nearest_to_their_own_other_picture(case: Case) -> None:
    rows = np.array([embedding(case.engine, image) for pair in case.people for image in pair])
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, -2)
    own = np.arange(len(rows)) ^ 1
    assert (similarity.argmax(axis=1) == own).all()


def test_threads_may_share_the_engine(case: Case) -> None:
    images = [case.small, case.people[0][0], case.group, case.people[1][1]]

    def run(image: RGBImage) -> tuple[list[Box], bytes]:
        faces = case.engine.detect(image)
        return [face.box for face in faces], case.engine.embed(image, faces).tobytes()

    alone = [run(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, images * 2)) == alone * 2
