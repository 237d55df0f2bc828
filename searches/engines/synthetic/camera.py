"""What a camera makes of a scene: exposure, white balance, sharpness, noise."""

import cv2
import numpy as np

from searches.engines.base import RGBImage

from .dice import Dice
from .scene import Scene
from .surface import Pixels


def expose(canvas: Pixels, scene: Scene) -> RGBImage:
    """What the camera makes of it: exposure, white balance, sharpness, resolution, noise."""
    size = scene.size
    picture: Pixels = np.empty((size, size, 3), np.uint8)
    cv2.resize(canvas, (size, size), picture, interpolation=cv2.INTER_AREA)
    warm = 0.06 * scene.warmth
    gains = scene.exposure * np.array([1.0 + warm, 1.0, 1.0 - warm])
    table = np.clip(np.round(np.arange(256)[:, None] * gains), 0, 255).astype(np.uint8)
    cv2.LUT(picture, table[None], picture)
    sigma = scene.blur * size / 400
    if sigma > 0.1:
        cv2.GaussianBlur(picture, (0, 0), sigma, picture)
    if scene.resolution < 1.0:
        small = max(8, round(size * scene.resolution))
        reduced = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
        cv2.resize(reduced, (size, size), picture)
    if scene.noise > 0:
        picture = _add_noise(picture, scene)
    return picture


def _add_noise(picture: Pixels, scene: Scene) -> Pixels:
    """Grey-level noise with a triangular distribution; integers only."""
    rng = Dice(scene.seed, stream=15).rng
    reach = max(1, round(scene.noise * 6**0.5))  # a triangle of +-r has deviation r / sqrt(6)
    shape = (2, *picture.shape)
    dice = rng.integers(0, reach + 1, shape, dtype=np.uint8)
    noisy = picture.astype(np.int16) + dice[0]
    noisy -= dice[1]
    clipped: Pixels = np.clip(noisy, 0, 255).astype(np.uint8)
    return clipped
