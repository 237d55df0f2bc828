"""Alignment: the same as InsightFace's own for faces, refused for what is no face."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from insightface.utils import face_align
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper
from skimage.transform import SimilarityTransform

from searches.engines.base import Box, EngineConfig, EngineError, Face, Quality
from searches.engines.insightface.alignment import TEMPLATE, aligned_chip, similarity
from searches.engines.insightface.engine import InsightFaceEngine, load

from .synthetic_package import Placed, build, picture, recogniser

NAN = float("nan")


def face(points: NDArray[np.float64]) -> Face:
    landmarks = tuple((float(x), float(y)) for x, y in points)
    return Face(Box(0, 0, 112, 112), landmarks, 0.9, Quality(35, 0.5, 0.5, 0, 0, 0))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> InsightFaceEngine:
    folder = tmp_path_factory.mktemp("alignment")
    return load(EngineConfig(models=folder, package=build(folder)))


def test_the_template_is_insightfaces() -> None:
    assert np.allclose(TEMPLATE, face_align.arcface_dst, atol=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_the_transform_is_umeyamas(seed: int) -> None:
    dice = np.random.default_rng(seed)
    angle, scale = dice.uniform(-3, 3), dice.uniform(0.1, 20)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (TEMPLATE + dice.normal(0, 4, (5, 2))) @ turn.T * scale + dice.uniform(-999, 999, 2)
    expected = SimilarityTransform.from_estimate(points, TEMPLATE).params[:2]
    assert np.allclose(similarity(points, 112), expected, atol=1e-8)


def test_the_chip_is_insightfaces() -> None:
    placed = Placed(1, 300, 220, 240, 25)
    image = picture(640, 480, [placed])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # scikit-image's, in insightface's own code
        expected = face_align.norm_crop(image, placed.landmarks.astype(np.float32))
    chip = aligned_chip(image, face(placed.landmarks).landmarks, 112)
    difference = np.abs(chip.astype(int) - expected.astype(int))
    assert difference.max() <= 3
    assert difference.mean() < 0.05


BAD_LANDMARKS = {
    "not a number": np.full((5, 2), NAN),
    "one is not a number": np.vstack([TEMPLATE[:4], [[NAN, 3]]]),
    "infinite": np.vstack([TEMPLATE[:4], [[np.inf, 3]]]),
    "all in one spot": np.full((5, 2), 50.0),
    "nearly in one spot": 50 + TEMPLATE / 1000,
    "on a line across": np.column_stack([TEMPLATE[:, 0], np.full(5, 50.0)]),
    "on a slanted line": np.outer(np.arange(5.0), [20, 20]),
    "on a line down": np.column_stack([np.full(5, 50.0), TEMPLATE[:, 1]]),
    "squeezed to its width": TEMPLATE * (1, 0.08),
    "left and right exchanged": TEMPLATE[[1, 0, 2, 4, 3]],
    "four points": TEMPLATE[:4],
    "no points": TEMPLATE[:0],
}


@pytest.mark.parametrize("points", BAD_LANDMARKS.values(), ids=BAD_LANDMARKS.keys())
def test_landmarks_that_are_no_face_are_refused(
    engine: InsightFaceEngine, points: NDArray[np.float64]
) -> None:
    image = picture(640, 480, [Placed(1, 320, 240, 200)])
    with pytest.raises(EngineError) as caught:
        engine.embed(image, [face(points)])
    assert caught.value.code == "face_unusable"


def test_one_unusable_face_spoils_the_call_and_gives_no_row(engine: InsightFaceEngine) -> None:
    image = picture(640, 480, [Placed(1, 320, 240, 200)])
    good = engine.detect(image)
    with pytest.raises(EngineError):
        engine.embed(image, [*good, face(np.full((5, 2), NAN))])


@pytest.mark.parametrize("shift", [(5000, 0), (0, -5000)])
def test_a_face_outside_the_picture_is_refused(
    engine: InsightFaceEngine, shift: tuple[int, int]
) -> None:
    image = picture(640, 480, [Placed(1, 320, 240, 200)])
    with pytest.raises(EngineError) as caught:
        engine.embed(image, [face(TEMPLATE + shift)])
    assert caught.value.code == "face_unusable"


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_surface_is_refused(engine: InsightFaceEngine, level: int) -> None:
    with pytest.raises(EngineError) as caught:
        engine.embed(picture(200, 200, [], background=level), [face(TEMPLATE)])
    assert caught.value.code == "face_unusable"


def test_a_profile_is_still_a_face() -> None:
    profile = TEMPLATE.copy()
    profile[:, 0] = [50, 52, 70, 55, 57]
    assert np.isfinite(similarity(profile, 112)).all()


def with_weights(value: float) -> ModelProto:
    model = recogniser()
    shape = numpy_helper.to_array(model.graph.initializer[0]).shape
    weights = numpy_helper.from_array(np.full(shape, value, np.float32), "weights")
    model.graph.initializer[0].CopyFrom(weights)
    return model


@pytest.mark.parametrize("value", [NAN, np.inf, 0.0], ids=["nan", "infinite", "zero"])
def test_an_embedding_that_is_no_direction_is_refused(tmp_path: Path, value: float) -> None:
    package = build(tmp_path, recognition=with_weights(value))
    engine = load(EngineConfig(models=tmp_path, package=package))
    image = picture(640, 480, [Placed(1, 320, 240, 200)])
    with pytest.raises(EngineError) as caught:
        engine.embed(image, engine.detect(image))
    assert caught.value.code == "face_unusable"


def test_embeddings_equal_insightfaces_own(engine: InsightFaceEngine) -> None:
    image = picture(640, 480, [Placed(7, 320, 240, 200, -12, noise=5)])
    faces = engine.detect(image)
    bgr = np.ascontiguousarray(image[..., ::-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # scikit-image's, in insightface's own code
        theirs = engine._recogniser.get(
            bgr, type("F", (), {"kps": np.array(faces[0].landmarks, np.float32)})()
        )
    ours = engine.embed(image, faces)[0]
    assert float(ours @ theirs) / float(np.linalg.norm(theirs)) > 0.99999
