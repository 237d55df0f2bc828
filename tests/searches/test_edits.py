"""What each operation on a probe does to its pixels, and what it refuses."""

import json
from typing import Any

import numpy as np
import pytest

from searches.engines.orientation import turned
from searches.images import DEFAULT_LIMITS, ImageLimits, RGBImage, decode
from searches.images.edits import (
    BrightnessContrast,
    Crop,
    Deinterlace,
    Edit,
    EditRefused,
    Operation,
    Rotate,
    Scale,
    encode_png,
    read_edit,
)

SIZES = [(16, 16), (17, 40), (64, 31), (120, 90)]
GREY = 128


def noise(height: int, width: int, seed: int = 1) -> RGBImage:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def smooth(height: int, width: int) -> RGBImage:
    """Slow gradients, which interpolation reproduces."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([40 + x, 60 + y, 50 + (x + y) / 2], axis=-1).clip(0, 255).astype(np.uint8)


def refusal(edit: Edit, rgb: RGBImage, limits: ImageLimits = DEFAULT_LIMITS) -> str:
    with pytest.raises(EditRefused) as refused:
        edit.apply(rgb, limits)
    return refused.value.code


def some_edits(height: int, width: int, seed: int) -> list[Edit]:
    """One of each operation, with values that fit a picture of this size."""
    dice = np.random.default_rng(seed)
    left, top = (int(dice.integers(0, side - 15)) for side in (width, height))
    if (left, top) == (0, 0) and min(width, height) == 16:
        crop = None
    else:
        wide, high = width - left, height - top
        crop = Crop(left=left, top=top, width=max(16, wide - 1), height=max(16, high - 1))
    light = int(dice.integers(1, 101)), int(dice.integers(-100, 101))
    others = [
        Rotate(degrees=round(float(dice.uniform(0.1, 180)), 2)),
        BrightnessContrast(brightness=light[0], contrast=light[1]),
        Deinterlace(lines=str(dice.choice(["odd", "even"]))),
        Scale(factor=round(float(dice.uniform(1.01, 4)), 3)),
    ]
    return [crop, *others] if crop else others


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(8))
def test_every_edit_gives_pixels_within_the_limits_again_and_again(
    size: tuple[int, int], seed: int
) -> None:
    rgb = noise(*size, seed)
    before = rgb.copy()
    for edit in some_edits(*size, seed):
        result = edit.apply(rgb, DEFAULT_LIMITS)
        assert (result.ndim, result.shape[2]) == (3, 3)
        assert result.dtype == np.uint8
        assert result.flags.c_contiguous
        assert min(result.shape[:2]) >= DEFAULT_LIMITS.min_side
        assert not np.shares_memory(result, rgb)
        assert np.array_equal(rgb, before), edit  # the parent is left as it was
        again = read_edit(edit.operation, json.loads(json.dumps(edit.as_json())))
        assert again == edit
        assert np.array_equal(again.apply(rgb, DEFAULT_LIMITS), result)


# --- Cropping -----------------------------------------------------------------------------------


def test_a_crop_is_the_rectangle_and_nothing_else() -> None:
    rgb = noise(60, 80)
    result = Crop(left=10, top=20, width=30, height=25).apply(rgb, DEFAULT_LIMITS)
    assert np.array_equal(result, rgb[20:45, 10:40])


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ((51, 0, 30, 30), "edit_out_of_range"),
        ((0, 31, 30, 30), "edit_out_of_range"),
        ((0, 0, 81, 60), "edit_out_of_range"),
        ((80, 60, 16, 16), "edit_out_of_range"),
        ((0, 0, 15, 30), "edit_too_small"),
        ((0, 0, 30, 15), "edit_too_small"),
        ((0, 0, 80, 60), "edit_without_effect"),
    ],
)
def test_no_crop_reaches_out_of_the_picture(values: tuple[int, ...], code: str) -> None:
    assert refusal(Crop(*values), noise(60, 80)) == code


# --- Rotating -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (-90, 3), (180, 2), (-180, 2)])
def test_quarter_turns_are_exact(degrees: int, turns: int) -> None:
    rgb = noise(20, 33)
    result = Rotate(degrees=degrees).apply(rgb, DEFAULT_LIMITS)
    assert np.array_equal(result, turned(rgb, turns))


def test_a_rotation_is_clockwise_and_its_corners_are_grey() -> None:
    rgb = np.full((60, 60, 3), 200, np.uint8)
    rgb[:30, 25:35] = 0  # points up
    result = Rotate(degrees=45).apply(rgb, DEFAULT_LIMITS)
    height, width = result.shape[:2]
    assert (height, width) == (85, 85)  # 60 * sqrt(2)
    for y, x in [(0, 0), (0, -1), (-1, 0), (-1, -1)]:
        assert result[y, x].tolist() == [GREY] * 3
    centre = 42
    assert result[centre - 12, centre + 12].tolist() == [0, 0, 0]  # now points up and right
    assert result[centre - 12, centre - 12].tolist() == [200, 200, 200]


@pytest.mark.parametrize("degrees", [0.5, 7.0, -33.3, 100.0])
def test_a_rotation_loses_nothing(degrees: float) -> None:
    """Turned and turned back, the middle is what it was."""
    rgb = smooth(60, 90)
    there = Rotate(degrees=degrees).apply(rgb, DEFAULT_LIMITS)
    back = Rotate(degrees=-degrees).apply(there, DEFAULT_LIMITS)
    top, left = (back.shape[0] - 60) // 2, (back.shape[1] - 90) // 2
    inner = back[top + 4 : top + 56, left + 4 : left + 86].astype(int)
    assert np.abs(inner - rgb[4:56, 4:86]).max() <= 3


# --- Brightness and contrast --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brightness", "contrast", "levels", "expected"),
    [
        (100, 0, [0, 10, 255], [255, 255, 255]),
        (-100, 0, [0, 10, 255], [0, 0, 0]),
        (20, 0, [0, 100, 250], [51, 151, 255]),
        (0, 100, [0, 100, 128, 200], [0, 73, 129, 255]),
        (0, -100, [0, 100, 255], [128, 128, 128]),
        (0, -50, [0, 255], [64, 191]),
    ],
)
def test_light_is_linear_and_cut_off(
    brightness: int, contrast: int, levels: list[int], expected: list[int]
) -> None:
    rgb = np.zeros((16, 16, 3), np.uint8)
    rgb[0, : len(levels)] = np.array(levels)[:, None]
    edit = BrightnessContrast(brightness=brightness, contrast=contrast)
    result = edit.apply(rgb, DEFAULT_LIMITS)
    assert np.abs(result[0, : len(levels), 0].astype(int) - expected).max() <= 1
    assert result.shape == rgb.shape


@pytest.mark.parametrize("seed", range(10))
def test_light_keeps_the_order_of_levels(seed: int) -> None:
    dice = np.random.default_rng(seed)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 16, 0).repeat(3, 2)
    edit = BrightnessContrast(int(dice.integers(1, 101)), int(dice.integers(-100, 101)))
    levels = edit.apply(ramp, DEFAULT_LIMITS)[0, :, 0].astype(int)
    assert (np.diff(levels) >= 0).all()


# --- Deinterlacing ------------------------------------------------------------------------------


@pytest.mark.parametrize("height", [16, 17])
@pytest.mark.parametrize(("lines", "first"), [("odd", 0), ("even", 1)])
def test_one_half_picture_is_kept_and_the_other_interpolated(
    height: int, lines: str, first: int
) -> None:
    rgb = noise(height, 20)
    result = Deinterlace(lines=lines).apply(rgb, DEFAULT_LIMITS)
    assert result.shape == rgb.shape
    assert np.array_equal(result[first::2], rgb[first::2])
    for row in range(1 - first, height, 2):
        above = rgb[row - 1] if row > 0 else rgb[row + 1]
        below = rgb[row + 1] if row + 1 < height else rgb[row - 1]
        mean = (above.astype(int) + below + 1) // 2
        assert np.array_equal(result[row], mean), row


def test_the_other_half_picture_leaves_no_trace() -> None:
    rgb, other = noise(32, 20), noise(32, 20)
    other[1::2] = 0
    odd = Deinterlace(lines="odd")
    other[::2] = rgb[::2]
    same = odd.apply(rgb, DEFAULT_LIMITS), odd.apply(other, DEFAULT_LIMITS)
    assert np.array_equal(same[0], same[1])


# --- Scaling ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "shape"), [(0.25, (16, 25)), (1.5, (96, 150)), (4, (256, 400))])
def test_both_sides_are_scaled_alike(factor: float, shape: tuple[int, int]) -> None:
    rgb = smooth(64, 100)
    result = Scale(factor=factor).apply(rgb, DEFAULT_LIMITS)
    assert result.shape[:2] == shape
    assert np.abs(result.mean((0, 1)) - rgb.mean((0, 1))).max() < 1


SMALL = ImageLimits(max_side=100, max_pixels=8_000)


@pytest.mark.parametrize(
    ("edit", "size", "code"),
    [
        (Scale(factor=0.25), (60, 200), "edit_too_small"),
        (Scale(factor=2), (40, 51), "edit_too_large"),  # 102 a side
        (Scale(factor=1.5), (60, 60), "edit_too_large"),  # 8100 pixels
        (Rotate(degrees=45), (80, 80), "edit_too_large"),
    ],
)
def test_nothing_grows_or_shrinks_beyond_what_can_be_opened(
    edit: Edit, size: tuple[int, int], code: str
) -> None:
    assert refusal(edit, noise(*size), SMALL) == code


# --- The closed list ----------------------------------------------------------------------------

GOOD: dict[str, dict[str, Any]] = {
    "crop": {"left": 0, "top": 0, "width": 20, "height": 20},
    "rotate": {"degrees": 3.5},
    "brightness_contrast": {"brightness": 1, "contrast": 0},
    "deinterlace": {"lines": "odd"},
    "scale": {"factor": 2},
}


def test_every_operation_is_read_and_no_other_exists() -> None:
    assert set(GOOD) == set(Operation)
    for operation, parameters in GOOD.items():
        assert read_edit(operation, parameters).as_json() == parameters


@pytest.mark.parametrize(
    "operation",
    ["", "CROP", "enhance", "inpaint", "super_resolution", "swap_face", "sharpen", "__class__"],
)
def test_there_is_no_way_in_for_other_operations(operation: str) -> None:
    with pytest.raises(EditRefused) as refused:
        read_edit(operation, {})
    assert refused.value.code == "edit_unknown"


@pytest.mark.parametrize("operation", GOOD)
def test_parameters_are_exactly_those_of_the_operation(operation: str) -> None:
    good = GOOD[operation]
    fewer = dict(list(good.items())[1:])
    for parameters in (fewer, good | {"model": "gfpgan"}, good | {"operation": "crop"}):
        with pytest.raises(EditRefused) as refused:
            read_edit(operation, parameters)
        assert refused.value.code == "edit_unknown"


BAD: list[tuple[str, str, list[object]]] = [
    ("crop", "left", [-1, 1.0, "3", None, True, float("nan")]),
    ("crop", "width", [0, -5, 20.5]),
    ("rotate", "degrees", [180.1, -181, float("inf"), float("nan"), "5", None, True]),
    ("brightness_contrast", "brightness", [101, -101, 0.5, "1", None]),
    ("brightness_contrast", "contrast", [101, -101, False]),
    ("deinterlace", "lines", ["both", "", 1, None, ["odd"]]),
    ("scale", "factor", [0.24, 4.01, 0, -1, float("inf"), "2", True]),
]


@pytest.mark.parametrize(
    ("operation", "name", "value"),
    [(operation, name, value) for operation, name, values in BAD for value in values],
)
def test_values_out_of_range_are_refused(operation: str, name: str, value: object) -> None:
    with pytest.raises(EditRefused) as refused:
        read_edit(operation, GOOD[operation] | {name: value})
    assert refused.value.code == "edit_out_of_range"


@pytest.mark.parametrize(
    ("operation", "values"),
    [
        ("rotate", {"degrees": 0}),
        ("scale", {"factor": 1.0}),
        ("brightness_contrast", {"brightness": 0, "contrast": 0}),
    ],
)
def test_an_edit_that_changes_nothing_is_none(operation: str, values: dict[str, Any]) -> None:
    with pytest.raises(EditRefused) as refused:
        read_edit(operation, values)
    assert refused.value.code == "edit_without_effect"


def test_derivatives_are_stored_without_loss_and_read_back_by_the_decoder() -> None:
    rgb = noise(40, 50)
    data = encode_png(rgb)
    assert data == encode_png(rgb)
    decoded = decode(data)
    assert np.array_equal(decoded.rgb, rgb)
    assert decoded.media_type == "image/png"
