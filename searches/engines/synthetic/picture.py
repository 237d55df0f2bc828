"""Puts people in front of a background and takes the picture."""

from collections.abc import Sequence

import cv2
import numpy as np

from searches.engines.base import RGBImage

from . import features
from .backdrop import backdrop
from .beard import paint_beard
from .body import paint_behind, paint_body, paint_ears
from .camera import expose
from .dice import Dice
from .eyes import paint_brow, paint_eye
from .glasses import paint_glasses
from .hair import paint_hair
from .identity import Identity
from .mouth import paint_mouth
from .relief import BOX, Turn, lookup, shading
from .scene import BACKGROUNDS, Scene
from .surface import Mask, Pixels, Surface, overlay

_OVERSAMPLING = 2

_HEAD_HEIGHT = 2.06  # face units from the chin to the top of a usual skull

_MAP_STEP = 8  # pixels between computed points of the pose's map


def draw(identity: Identity, scene: Scene) -> RGBImage:
    """One person's picture, uint8 RGB [size, size, 3]; equal inputs give equal pixels."""
    side = scene.size * _OVERSAMPLING
    canvas = backdrop(scene, side)
    scale = scene.face * side / _HEAD_HEIGHT
    at = (side * (0.5 + scene.shift_x), side * (0.48 + scene.shift_y))
    _place(canvas, identity, scene, at, scale, clothes=0)
    return expose(canvas, scene)


def draw_group(identities: Sequence[Identity], scene: Scene) -> RGBImage:
    """Several people side by side, each with an own size and pose, in one picture.

    The heads share the picture's width without touching, so that five or more people want a size
    of 800 to be found; `scene.face` and the pose are not used.
    Raises ValueError without an identity.
    """
    if not identities:
        raise ValueError("A group needs at least one identity")
    side = scene.size * _OVERSAMPLING
    canvas = backdrop(scene, side)
    step = side / len(identities)
    for place, identity in enumerate(identities):
        dice = Dice(scene.seed, stream=100 + place)
        own = Scene.from_seed(scene.seed * 1000 + place, size=scene.size)
        scale = min(step / 2.5, side * 0.26) * dice.between(0.80, 1.0)
        at = (step * (place + 0.5), side * dice.between(0.40, 0.58))
        _place(canvas, identity, own, at, scale, clothes=place)
    return expose(canvas, scene)


def draw_empty(seed: int, size: int = 400) -> RGBImage:
    """A picture without any person, uint8 RGB [size, size, 3]."""
    dice = Dice(seed, stream=12)
    kind = BACKGROUNDS[1 + dice.index(len(BACKGROUNDS) - 1)]
    scene = Scene(seed=seed, size=size, background=kind, noise=2.0)
    return expose(backdrop(scene, size * _OVERSAMPLING), scene)


def _place(
    canvas: Pixels,
    identity: Identity,
    scene: Scene,
    at: tuple[float, float],
    scale: float,
    clothes: int,
) -> None:
    """Put one person's head centre at `at` with `scale` pixels per face unit."""
    turn = Turn.of(scene)

    def plane(depth: float) -> Surface:
        matrix = turn.flat(depth) * scale
        matrix[:, 2] += at
        return Surface(canvas, matrix)

    upright = Surface(canvas, np.array([[scale, 0, at[0]], [0, scale, at[1]]], np.float64))
    paint_behind(plane(-0.35), identity, scene)
    paint_body(upright, identity, scene, clothes)
    paint_ears(plane(-0.05), identity, scene)
    face, alpha = _paint_head(identity, scene, scale)
    _project(canvas, face, alpha, identity, turn, at)


def _paint_head(identity: Identity, scene: Scene, scale: float) -> tuple[Surface, Mask]:
    """The lit frontal map of a head over relief.BOX and its coverage."""
    face = Surface.blank(BOX, scale, identity.skin.colour)
    alpha = face.coverage(features.face_outline(identity))
    features.paint_skin(face, identity)
    features.paint_lines(face, identity, scene)
    features.paint_nose(face, identity)
    paint_beard(face, identity, scene)
    paint_mouth(face, identity, scene)
    for side in (-1, 1):
        paint_eye(face, identity, scene, side)
        paint_brow(face, identity, scene, side)
    covered = paint_hair(face, identity, scene)
    if identity.hair.style != "shaved":
        alpha = np.maximum(alpha, covered)
    light = shading(identity, scene, (alpha.shape[1], alpha.shape[0]))
    cv2.multiply(face.rgb, light, face.rgb, 1 / 128)
    paint_glasses(face, identity, scene)
    return face, alpha


def _project(
    canvas: Pixels,
    face: Surface,
    alpha: Mask,
    identity: Identity,
    turn: Turn,
    at: tuple[float, float],
) -> None:
    """Turn the frontal map to the pose and lay it over the canvas in place."""
    reach = 1.5 * face.scale
    side = canvas.shape[0]
    left, top = max(0, int(at[0] - reach)), max(0, int(at[1] - 1.7 * face.scale))
    right, bottom = min(side, int(at[0] + reach)), min(side, int(at[1] + 1.5 * face.scale))
    columns, rows = -(-(right - left) // _MAP_STEP), -(-(bottom - top) // _MAP_STEP)
    u, v = np.meshgrid(
        (left + (np.arange(columns) + 0.5) * _MAP_STEP - 0.5 - at[0]) / face.scale,
        (top + (np.arange(rows) + 0.5) * _MAP_STEP - 0.5 - at[1]) / face.scale,
    )
    x, y = lookup(identity, turn, u, v)
    coarse = np.stack([(x - BOX[0]) * face.scale, (y - BOX[1]) * face.scale], axis=2)
    fine = cv2.resize(coarse.astype(np.float32), (columns * _MAP_STEP, rows * _MAP_STEP))
    fine = fine[: bottom - top, : right - left]
    where = cv2.convertMaps(np.ascontiguousarray(fine), np.empty(0), cv2.CV_16SC2)
    seen = np.asarray(cv2.remap(face.rgb, *where, cv2.INTER_LINEAR), np.uint8)
    coverage = np.asarray(cv2.remap(alpha, *where, cv2.INTER_LINEAR), np.uint8)
    overlay(canvas[top:bottom, left:right], seen, coverage)
