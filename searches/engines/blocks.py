"""Traces of JPEG compression: steps that repeat every eight pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .base import Box, RGBImage

GRID = 8
SIDE = 256  # at most so many pixels of the face are looked at
FEW = 4 * GRID
SMALLEST = 0.05


def blockiness(image: RGBImage, box: Box) -> float:
    """How much stronger the steps at the strongest line of an 8-pixel grid are than the usual ones.

    The second difference of luma across each of the eight places of a grid is averaged, for rows
    and columns; the largest of the eight over their median, less 1, is the measure, the larger of
    both ways (after Wang, Sheikh and Bovik 2002, whose place of the grid is fixed; a picture that
    was cropped has another one). 0 is none; a picture without texture has none.
    """
    height, width = image.shape[:2]
    edges = np.nan_to_num([box.left, box.top, box.right, box.bottom])
    left, top, right, bottom = (int(v) for v in edges.clip(0, [width, height, width, height]))
    left, top = max(left, (left + right - SIDE) // 2), max(top, (top + bottom - SIDE) // 2)
    part = image[top : min(bottom, top + SIDE), left : min(right, left + SIDE)]
    if min(part.shape[:2]) < FEW:
        return 0.0
    luma = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return max(_of_columns(luma), _of_columns(luma.T))


def _of_columns(luma: NDArray[np.float32]) -> float:
    steps = np.diff(luma, axis=1)
    bends = np.abs(steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2).mean(axis=0)
    means = np.array([bends[place::GRID].mean() for place in range(GRID)])
    usual = max(float(np.median(means)), SMALLEST)
    return max(0.0, float(means.max()) / usual - 1.0)
