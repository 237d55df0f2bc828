"""Pictures as they are shown: encoded anew, thumbnails, crops."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from searches.engines.base import Box
from searches.images import crop, decode, encode_jpeg, thumbnail
from tests.searches.hostile import HARMLESS
from tests.searches.pictures import same_scene, scene


def test_a_reencoded_picture_keeps_pixels_and_nothing_else() -> None:
    name, make = HARMLESS[1]
    assert "php" in name
    original = make()
    assert b"<?php" in original
    again = encode_jpeg(decode(original).rgb)
    assert b"<?php" not in again
    assert Image.open(BytesIO(again)).info.keys() <= {
        "jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi",
    }  # fmt: skip
    assert same_scene(decode(again).rgb)


def test_a_thumbnail_is_scaled_down_and_never_up() -> None:
    rgb = np.asarray(scene((400, 300)))
    assert thumbnail(rgb, 100).shape == (75, 100, 3)
    assert same_scene(thumbnail(rgb, 100))
    assert thumbnail(rgb, 400) is rgb
    assert thumbnail(np.asarray(scene((4000, 16))), 100).shape == (1, 100, 3)


def test_a_thumbnail_does_not_alias() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    assert abs(int(thumbnail(stripes, 100)[50, 50, 0]) - 128) < 12


def test_a_crop_shows_the_square_around_the_box() -> None:
    rgb = np.zeros((200, 300, 3), np.uint8)
    rgb[80:120, 130:170] = 255
    box = Box(129.5, 79.5, 169.5, 119.5)
    assert crop(rgb, box, margin=0.0, size=64)[6:-6, 6:-6].min() > 240
    wide = crop(rgb, box, margin=0.5, size=80)
    assert wide[22:58, 22:58].min() > 250
    assert wide[:17].max() < 5
    assert wide[:, 63:].max() < 5


def test_a_crop_of_a_tall_box_is_not_distorted() -> None:
    rgb = np.asarray(scene((200, 200)))
    face = crop(rgb, Box(89.5, 69.5, 109.5, 129.5), margin=0.1, size=48)
    assert face.shape == (48, 48, 3)
    assert same_scene(face)


def test_a_crop_is_grey_where_it_leaves_the_picture() -> None:
    rgb = np.full((100, 100, 3), 255, np.uint8)
    face = crop(rgb, Box(-50.5, -50.5, 49.5, 49.5), margin=0.0, size=100)
    assert (face[:50] == 128).all()
    assert (face[:, :50] == 128).all()
    assert (face[50:, 50:] == 255).all()


def test_a_crop_of_a_box_far_beyond_the_picture_costs_no_memory() -> None:
    face = crop(np.asarray(scene()), Box(-1e6, -1e6, 1e6, 1e6), margin=0.5, size=64)
    assert face.shape == (64, 64, 3)


@pytest.mark.parametrize(
    "box",
    [
        Box(10, 10, 10, 30),
        Box(30, 30, 10, 10),
        Box(float("nan"), 0, 10, 10),
        Box(0, 0, float("inf"), 10),
        Box(500, 500, 520, 520),
    ],
)
def test_a_box_that_shows_nothing_is_refused(box: Box) -> None:
    with pytest.raises(ValueError, match="box"):
        crop(np.asarray(scene()), box, margin=0.2, size=64)
