"""Measures after ISO/IEC 29794-5: drawn faces whose fault is known, and the rank of best shots."""

import io
from collections.abc import Sequence
from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from searches.engines.base import Box, Face, LandmarkScheme, RGBImage
from searches.engines.best_shot import rank
from searches.engines.blocks import blockiness
from searches.engines.measures import TO_CHIN, Measures, measure_face
from searches.engines.open.engine import OpenEngine
from searches.engines.pose import eye_centres, project
from searches.engines.quality import measure
from searches.engines.synthetic import Identity, Scene, draw

SCHEME = LandmarkScheme.EYES_NOSE_MOUTH
SIZE = 400
EYES = 70.0


def drawn(seed: int) -> tuple[RGBImage, Face]:
    """A drawn person, with the landmarks that an engine of the first scheme would find."""
    scene = replace(Scene.from_seed(seed, size=SIZE), yaw=0.0, pitch=0.0, roll=0.0)
    picture = draw(Identity.from_seed(seed), scene)
    return picture, face_in(picture)


def face_in(
    picture: RGBImage, centre: tuple[float, float] = (200.0, 170.0), eyes: float = EYES
) -> Face:
    points = project(SCHEME, 0, 0) * eyes + np.array(centre)
    landmarks = tuple((float(x), float(y)) for x, y in points)
    box = Box(centre[0] - eyes, centre[1] - eyes * 0.9, centre[0] + eyes, centre[1] + eyes * 1.9)
    return Face(box, landmarks, 0.9, measure(picture, box, landmarks, SCHEME))


def skin(level: int = 170) -> RGBImage:
    """An evenly lit face of skin colour with a little grain, and dark eyes."""
    rng = np.random.default_rng(1)
    picture = np.full((SIZE, SIZE, 3), (level, int(level * 0.78), int(level * 0.66)), np.float64)
    picture += rng.normal(0, 12, size=(SIZE, SIZE, 1))
    for x in (165, 235):
        cv2.ellipse(picture, (x, 170), (14, 7), 0, 0, 360, (30.0, 25.0, 25.0), -1)
    return picture.clip(0, 255).astype(np.uint8)


def measured(picture: RGBImage) -> Measures:
    return measure_face(picture, face_in(picture), SCHEME)


def test_a_plain_face() -> None:
    found = measured(skin())
    assert found.eye_distance == pytest.approx(EYES)
    assert found.head_size == pytest.approx(EYES * TO_CHIN / SIZE)
    assert found.under_exposed < 0.02
    assert found.over_exposed == 0.0
    assert found.colour_distance == 0.0
    assert found.evenness > 0.8
    assert found.eye_contrast > 0.3
    assert found.mouth_colour < 5
    assert found.left_margin == pytest.approx((200 - EYES / 2) / EYES)
    assert found.right_margin == pytest.approx((SIZE - 1 - 200 - EYES / 2) / EYES)
    assert found.top_margin == pytest.approx(170 / (EYES * TO_CHIN))


def test_exposure() -> None:
    dark = measured((skin() * 0.1).astype(np.uint8))
    assert dark.under_exposed > 0.9
    bright = measured(np.clip(skin().astype(int) + 150, 0, 255).astype(np.uint8))
    assert bright.over_exposed > 0.9


def test_contrast_is_entropy() -> None:
    flat = np.full((SIZE, SIZE, 3), 120, np.uint8)
    assert measured(flat).dynamic_range == 0.0
    halves = flat.copy()
    halves[::2] = 60
    noise = np.random.default_rng(2).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    assert measured(flat).dynamic_range < measured(halves).dynamic_range
    assert 5 < measured(noise).dynamic_range <= 8


def test_light_from_one_side() -> None:
    shade = np.linspace(0.35, 1.2, SIZE)[None, :, None]
    uneven = (skin() * shade).clip(0, 255).astype(np.uint8)
    assert measured(uneven).evenness < 0.2 < measured(skin()).evenness


@pytest.mark.parametrize(("colour", "natural"), [((60, 90, 200), False), ((128, 128, 128), False)])
def test_a_colour_cast(colour: tuple[int, int, int], natural: bool) -> None:
    picture = np.full((SIZE, SIZE, 3), colour, np.uint8)
    assert (measured(picture).colour_distance == 0.0) is natural


@pytest.mark.parametrize("level", [60, 100, 140, 180, 220])
def test_dark_skin_is_as_natural_as_light_skin(level: int) -> None:
    assert measured(skin(level)).colour_distance < 10


def test_covered_eyes_and_mouth_are_hinted_at(
    open_engine: OpenEngine, portraits: Sequence[tuple[int, RGBImage]]
) -> None:
    """What the hints do on drawn people: dark glasses without glint, a cloth of another colour."""
    open_eyes, covered_eyes, bare, cloth = [], [], [], []
    for _, picture in portraits:
        (face, *_rest) = open_engine.detect(picture)
        scheme = open_engine.landmark_scheme
        left, right = eye_centres(np.array(face.landmarks), scheme)
        (x, y), eyes = (left + right) / 2, float(np.hypot(*(right - left)))
        before = measure_face(picture, face, scheme)
        glasses, mask = picture.copy(), picture.copy()
        cover(glasses, (x, y), 1.1 * eyes, 0.4 * eyes, (15, 15, 18))
        cover(mask, (x, y + 1.2 * eyes), 0.9 * eyes, 0.7 * eyes, (70, 120, 190))
        open_eyes.append(before.eye_contrast)
        bare.append(before.mouth_colour)
        covered_eyes.append(measure_face(glasses, face, scheme).eye_contrast)
        cloth.append(measure_face(mask, face, scheme).mouth_colour)
    assert max(covered_eyes) < 0.15 < min(open_eyes)
    assert max(bare) < 35 < min(cloth)


def cover(
    picture: RGBImage,
    centre: tuple[float, float],
    half_width: float,
    half_height: float,
    colour: tuple[int, int, int],
) -> None:
    (x, y), size = centre, np.array([half_width, half_height])
    low, high = np.array([x, y]) - size, np.array([x, y]) + size
    cv2.rectangle(picture, low.astype(int).tolist(), high.astype(int).tolist(), colour, -1)


@pytest.mark.parametrize("angle", [-30, -10, 10, 30])
def test_a_tilted_head_is_measured_upright(angle: float) -> None:
    """Turning the picture changes the roll and little else."""
    picture, face = skin(), face_in(skin())
    matrix = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), angle, 1.0)
    warped = cv2.warpAffine(picture, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
    turned = warped.astype(np.uint8, copy=False)
    points = np.column_stack([np.array(face.landmarks), np.ones(5)]) @ matrix.T
    landmarks = tuple((float(x), float(y)) for x, y in points)
    tilted = Face(face.box, landmarks, 0.9, measure(turned, face.box, landmarks, SCHEME))
    before, after = measure_face(picture, face, SCHEME), measure_face(turned, tilted, SCHEME)
    assert after.roll == pytest.approx(-angle, abs=0.1)
    for name in ("eye_distance", "under_exposed", "colour_distance", "mouth_colour"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), abs=0.6), name


def compressed(picture: RGBImage, quality: int) -> RGBImage:
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "JPEG", quality=quality)
    return np.asarray(Image.open(held).convert("RGB"))


def test_compression_shows_wherever_the_picture_was_cropped() -> None:
    picture, face = drawn(3)
    strong = compressed(picture, 8)
    plain = blockiness(picture, face.box)
    for shift in (0, 3, 5):
        moved = strong[shift:, shift:]
        assert blockiness(np.ascontiguousarray(moved), face.box) > 1.0 > plain
    levels = [blockiness(compressed(picture, quality), face.box) for quality in (95, 40, 10)]
    assert levels == sorted(levels)


def test_a_flat_picture_has_no_blocks() -> None:
    assert blockiness(np.full((300, 300, 3), 90, np.uint8), Box(0, 0, 300, 300)) == 0.0
    assert blockiness(np.zeros((20, 20, 3), np.uint8), Box(0, 0, 20, 20)) == 0.0


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=0, max_size=6),
    edges=st.tuples(*[st.floats(-1e4, 1e4)] * 4),
    scheme=st.sampled_from(list(LandmarkScheme)),
)
def test_every_measure_is_finite(
    points: list[tuple[float, float]],
    edges: tuple[float, float, float, float],
    scheme: LandmarkScheme,
) -> None:
    picture = skin()[:120, :90]
    box = Box(*edges)
    face = Face(box, tuple(points), 0.5, measure(picture, box, points, scheme))
    found = measure_face(np.ascontiguousarray(picture), face, scheme)
    assert all(np.isfinite(value) for value in asdict(found).values())
    assert 0 <= rank(found) <= 100


def test_as_json_and_back() -> None:
    found = measured(skin())
    again = Measures.from_json(found.as_json())
    assert again is not None
    assert asdict(again) == pytest.approx(asdict(found), abs=1e-3)
    assert Measures.from_json({}) is None
    assert Measures.from_json({"yaw": 1.0}) is None


# --- Best shot ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "worse",
    [
        {"eye_distance": 30.0},
        {"sharpness": 0.1},
        {"under_exposed": 0.5},
        {"over_exposed": 0.5},
        {"dynamic_range": 2.0},
        {"evenness": 0.0},
        {"yaw": 40.0},
        {"pitch": -40.0},
        {"left_margin": 0.0},
        {"bottom_margin": 0.5},
    ],
)
def test_whatever_is_worse_ranks_lower(worse: dict[str, float]) -> None:
    good = measured(skin())
    assert rank(replace(good, **worse)) < rank(good)
    assert rank(good) == rank(good)


def test_hints_do_not_rank() -> None:
    good = measured(skin())
    assert rank(replace(good, eye_contrast=0.0, mouth_colour=90.0)) == rank(good)


def test_more_than_enough_is_enough() -> None:
    good = replace(measured(skin()), eye_distance=90.0)
    assert rank(replace(good, eye_distance=300.0)) == rank(good)
