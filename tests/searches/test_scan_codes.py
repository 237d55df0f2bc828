"""The codes of a held gallery: each row's own bits, found by itself, and gone when it is wiped."""

from pathlib import Path

import numpy as np
import pytest

from searches.scan.codes import BLOCK, Codes, encode
from searches.scan.halves import Halves

ROWS = 5 * BLOCK + 5  # the last block is not full
SIZES = pytest.mark.parametrize("dimension", [4, 5, 64, 128])
LARGE = pytest.mark.parametrize("dimension", [64, 128, 512])


def directions(dimension: int) -> Halves:
    found = np.random.default_rng(dimension).normal(size=(ROWS, dimension))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float16)


def coded(folder: Path, vectors: Halves) -> Codes:
    path = folder / "codes"
    with path.open("wb") as file:
        centroids = encode(vectors, file)
    return Codes(path, len(vectors), vectors.shape[1], centroids)


@SIZES
def test_wiping_a_row_clears_its_own_bits_and_no_others(tmp_path: Path, dimension: int) -> None:
    codes = coded(tmp_path, directions(dimension))
    before = codes._bytes.copy()
    cleared = np.zeros_like(before)
    for row in range(ROWS):
        codes.wipe(np.array([row]))
        assert not np.any(codes._bytes & ~before)
        mine = before ^ codes._bytes
        assert not np.any(mine & cleared)
        assert np.count_nonzero(mine) <= (dimension + 1) // 2
        cleared |= mine
        codes._bytes[:] = before
    assert np.array_equal(cleared, before)


@LARGE
def test_the_row_that_is_left_is_the_one_that_was_not_wiped(tmp_path: Path, dimension: int) -> None:
    vectors = directions(dimension)
    codes = coded(tmp_path, vectors)
    before = codes._bytes.copy()
    for row in (0, 31, 32, 63, 64, 95, 96, ROWS - 1):
        codes.wipe(np.array([other for other in range(ROWS) if other != row]))
        assert list(codes.nearest(vectors[row].astype(np.float32), 1)) == [row]
        codes._bytes[:] = before


@SIZES
def test_all_rows_are_brought_where_all_are_asked_for(tmp_path: Path, dimension: int) -> None:
    """Also those that are the furthest from the probe in every part."""
    vectors = directions(dimension)
    codes = coded(tmp_path, vectors)
    for most in (ROWS, ROWS + 1):
        for probe in vectors[:40].astype(np.float32):
            assert sorted(codes.nearest(-probe, most)) == list(range(ROWS))


@LARGE
def test_a_row_is_the_nearest_to_itself(tmp_path: Path, dimension: int) -> None:
    """The codes stand where they are looked for."""
    vectors = directions(dimension)
    codes = coded(tmp_path, vectors)
    found = [codes.nearest(vector.astype(np.float32), 1)[0] for vector in vectors]
    assert found == list(range(ROWS))
