"""Only uint8 RGB pictures reach an engine."""

import numpy as np
import pytest

from searches.engines.base import EngineError
from searches.engines.pixels import require_rgb


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 1), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((1, 8, 8, 3), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint16),
        np.zeros((8, 8, 3), np.int8),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((8, 0, 3), np.uint8),
        [[[0, 0, 0]]],
        None,
    ],
)
def test_anything_else_is_refused(picture: object) -> None:
    with pytest.raises(EngineError) as caught:
        require_rgb(picture)
    assert caught.value.code == "bad_pixels"
    assert caught.value.permanent


def test_a_good_picture_is_not_copied() -> None:
    picture = np.zeros((1, 1, 3), np.uint8)
    assert require_rgb(picture) is picture


def test_strided_pixels_are_laid_out_anew() -> None:
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)[::-1, ::2]
    plain = require_rgb(picture)
    assert plain.flags.c_contiguous
    assert (plain == picture).all()
