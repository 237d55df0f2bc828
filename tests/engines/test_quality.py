"""Quality measures: known light, known blur, and a head turned by known angles."""

import math
from dataclasses import astuple

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searches.engines.base import Box, LandmarkScheme, RGBImage
from searches.engines.pose import project
from searches.engines.quality import measure

EYES_NOSE_MOUTH = LandmarkScheme.EYES_NOSE_MOUTH
EYE_CORNERS_NOSE = LandmarkScheme.EYE_CORNERS_NOSE
# A head measured apart from the one in the code (millimetres, y down, z to the camera): longer
# face, flatter nose, wider mouth.
OTHER_HEAD = {
    EYES_NOSE_MOUTH: [(-31, 0, 0), (31, 0, 0), (0, 37, 24), (-26, 74, 1), (26, 74, 1)],
    EYE_CORNERS_NOSE: [(44, -1, -5), (18, 1, 4), (-44, -1, -5), (-18, 1, 4), (0, 49, 13)],
}
SCHEMES = list(LandmarkScheme)
Points = list[tuple[float, float]]


def seen(scheme: LandmarkScheme, yaw: float = 0, pitch: float = 0, roll: float = 0) -> Points:
    """The other head seen from 2 m away by a pinhole camera, 60 px between the eyes."""
    turn, nod, tilt = math.radians(yaw), math.radians(pitch), math.radians(roll)
    pitched = np.array(
        [[1, 0, 0], [0, math.cos(nod), -math.sin(nod)], [0, math.sin(nod), math.cos(nod)]]
    )
    turned = np.array(
        [[math.cos(turn), 0, math.sin(turn)], [0, 1, 0], [-math.sin(turn), 0, math.cos(turn)]]
    )
    tilted = np.array(
        [[math.cos(tilt), -math.sin(tilt), 0], [math.sin(tilt), math.cos(tilt), 0], [0, 0, 1]]
    )
    head = np.array(OTHER_HEAD[scheme], dtype=float) @ (tilted @ turned @ pitched).T
    distance = 2000.0
    flat = head[:, :2] * (distance / (distance - head[:, 2:]))
    return [(100 + x * 60 / 62, 100 + y * 60 / 62) for x, y in flat]


def grey(level: int = 128, side: int = 200) -> RGBImage:
    return np.full((side, side, 3), level, dtype=np.uint8)


FACE = Box(50, 60, 150, 190)


def pose(points: Points, scheme: LandmarkScheme) -> tuple[float, float, float]:
    quality = measure(grey(), FACE, points, scheme)
    return quality.yaw, quality.pitch, quality.roll


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_frontal_head_is_frontal(scheme: LandmarkScheme) -> None:
    yaw, pitch, roll = pose(seen(scheme), scheme)
    assert abs(yaw) <= 1
    assert abs(pitch) <= 10
    assert abs(roll) < 1e-6


@pytest.mark.parametrize("scheme", SCHEMES)
def test_eye_distance_is_in_pixels_between_the_eye_centres(scheme: LandmarkScheme) -> None:
    assert measure(grey(), FACE, seen(scheme), scheme).eye_distance == pytest.approx(60, abs=0.5)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("roll", [-170.0, -90.0, -33.0, 0.0, 12.5, 45.0, 90.0, 178.0])
@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (25, 0), (0, 15), (-30, 10)])
def test_roll_is_exact(scheme: LandmarkScheme, roll: float, yaw: float, pitch: float) -> None:
    points = [(x, y) for x, y in project(scheme, yaw, pitch, roll) * 60]
    assert pose(points, scheme)[2] == pytest.approx(roll, abs=1e-6)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_roll_is_clockwise_in_the_picture(scheme: LandmarkScheme) -> None:
    points = [(100 - (y - 100), 100 + (x - 100)) for x, y in seen(scheme)]
    assert pose(points, scheme)[2] == pytest.approx(90)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pitch", [-10.0, 0.0, 15.0])
def test_yaw_grows_with_the_turn_and_is_roughly_right(scheme: LandmarkScheme, pitch: float) -> None:
    turns = list(range(-50, 51, 10))
    yaws = [pose(seen(scheme, yaw=turn, pitch=pitch), scheme)[0] for turn in turns]
    assert yaws == sorted(yaws)
    assert len(set(yaws)) == len(yaws)
    for turn, yaw in zip(turns, yaws, strict=True):
        assert abs(yaw - turn) <= 3 + abs(turn) * 0.35
        assert turn * yaw > 0 or turn == 0


@pytest.mark.parametrize(("scheme", "lowest"), [(EYES_NOSE_MOUTH, -40), (EYE_CORNERS_NOSE, -10)])
@pytest.mark.parametrize("yaw", [0.0, 20.0])
def test_pitch_grows_with_looking_up_and_is_roughly_right(
    scheme: LandmarkScheme, lowest: int, yaw: float
) -> None:
    nods = list(range(lowest, 41, 10))
    pitches = [pose(seen(scheme, yaw=yaw, pitch=nod), scheme)[1] for nod in nods]
    assert pitches == sorted(pitches)
    assert len(set(pitches)) == len(pitches)
    for nod, pitch in zip(nods, pitches, strict=True):
        assert abs(pitch - nod) <= 14
    assert pitches[-1] > 15


@pytest.mark.parametrize("scheme", SCHEMES)
def test_looking_down_is_never_taken_for_looking_far_up(scheme: LandmarkScheme) -> None:
    assert all(pose(seen(scheme, pitch=nod), scheme)[1] < 5 for nod in (-40, -30, -20))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pose_does_not_depend_on_size_or_place(scheme: LandmarkScheme) -> None:
    points = seen(scheme, 20, 10, 5)
    moved = [(3 * x - 400, 3 * y + 77) for x, y in points]
    assert pose(moved, scheme) == pytest.approx(pose(points, scheme), abs=1e-6)


def test_brightness_is_the_mean_luma() -> None:
    levels = [measure(grey(level), FACE, [], EYES_NOSE_MOUTH).brightness for level in (0, 51, 255)]
    assert levels == pytest.approx([0.0, 0.2, 1.0])


def test_brightness_weighs_red_as_red() -> None:
    red = grey(0)
    red[..., 0] = 255
    brightness = measure(red, FACE, [], EYES_NOSE_MOUTH).brightness
    assert brightness == pytest.approx(0.299, abs=0.003)


def test_blur_lowers_sharpness_step_by_step() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    blurred = [cv2.GaussianBlur(noise, (0, 0), sigma) for sigma in (1, 2, 4, 8)]
    pictures = [noise, *(np.asarray(picture, np.uint8) for picture in blurred)]
    values = [measure(picture, FACE, [], EYES_NOSE_MOUTH).sharpness for picture in pictures]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.9
    assert values[-1] < 0.2


def test_a_flat_face_has_no_sharpness() -> None:
    assert measure(grey(), FACE, [], EYES_NOSE_MOUTH).sharpness == 0.0


def test_an_enlarged_picture_of_few_pixels_is_softer_than_a_true_large_one() -> None:
    fine = np.random.default_rng(2).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    whole = Box(0, 0, 200, 200)
    small = np.asarray(cv2.resize(fine, (25, 25), interpolation=cv2.INTER_AREA), np.uint8)
    large = measure(fine, whole, [], EYES_NOSE_MOUTH).sharpness
    assert measure(small, Box(0, 0, 25, 25), [], EYES_NOSE_MOUTH).sharpness < large


def test_only_the_part_inside_the_picture_counts() -> None:
    picture = grey(0)
    picture[:, 150:] = 255
    assert measure(picture, Box(150, -80, 900, 400), [], EYES_NOSE_MOUTH).brightness == 1.0


def test_the_picture_is_not_modified() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    before = picture.copy()
    measure(picture, Box(-5, -5, 95, 95), seen(EYES_NOSE_MOUTH), EYES_NOSE_MOUTH)
    assert (picture == before).all()


anything = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=150, deadline=None)
@given(
    edges=st.tuples(anything, anything, anything, anything),
    points=st.lists(st.tuples(anything, anything), max_size=6),
    scheme=st.sampled_from(SCHEMES),
    side=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_any_box_and_any_points_give_finite_values_in_range(
    edges: tuple[float, float, float, float],
    points: Points,
    scheme: LandmarkScheme,
    side: tuple[int, int],
) -> None:
    picture = np.full((*side, 3), 90, dtype=np.uint8)
    quality = measure(picture, Box(*edges), points, scheme)
    assert all(math.isfinite(value) for value in astuple(quality))
    assert 0 <= quality.sharpness <= 1
    assert 0 <= quality.brightness <= 1
    assert quality.eye_distance >= 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_points_that_coincide_have_no_pose(scheme: LandmarkScheme) -> None:
    quality = measure(grey(), FACE, [(7.0, 7.0)] * 5, scheme)
    assert (quality.eye_distance, quality.yaw, quality.pitch, quality.roll) == (0, 0, 0, 0)


def test_a_picture_in_strided_memory_is_read_rightly() -> None:
    picture = np.zeros((200, 400, 3), dtype=np.uint8)
    picture[:, 200:] = 255
    assert measure(picture[:, ::-1], Box(0, 0, 200, 200), [], EYES_NOSE_MOUTH).brightness == 1.0
