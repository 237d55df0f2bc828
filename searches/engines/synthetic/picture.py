"""Puts people in front of a background and takes the picture."""

from collections.abc import Sequence

import cv2
import numpy as np

from searches.engines.base import RGBImage

from . import features, hair
from .backdrop import backdrop, clothes_colour
from .glasses import paint_glasses
from .identity import Dice, Identity, mix
from .relief import BOX, Turn, lookup, shading
from .scene import BACKGROUNDS, Scene
from .surface import Mask, Pixels, Surface, circle, curve, curves, mirrored, overlay

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
    return _expose(canvas, scene)


def draw_group(identities: Sequence[Identity], scene: Scene) -> RGBImage:
    """Several people side by side, each with an own size and pose, in one picture.

    The heads share the picture's width without touching; `scene.face` is not used.
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
    return _expose(canvas, scene)


def draw_empty(seed: int, size: int = 400) -> RGBImage:
    """A picture without any person, uint8 RGB [size, size, 3]."""
    dice = Dice(seed, stream=12)
    kind = BACKGROUNDS[dice.index(len(BACKGROUNDS))]
    scene = Scene(seed=seed, size=size, background=kind, noise=2.0)
    return _expose(backdrop(scene, size * _OVERSAMPLING), scene)


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
    _paint_behind(plane(-0.35), identity, scene)
    _paint_body(upright, identity, scene, clothes)
    _paint_ears(plane(-0.05), identity, scene)
    face, alpha = paint_head(identity, scene, scale)
    _project(canvas, face, alpha, identity, turn, at)


def paint_head(identity: Identity, scene: Scene, scale: float) -> tuple[Surface, Mask]:
    """The lit frontal map of a head over relief.BOX and its coverage."""
    face = Surface.blank(BOX, scale, identity.skin.colour)
    alpha: Mask = np.zeros(face.rgb.shape[:2], np.uint8)
    coverage, rows, columns = face.mask(features.face_outline(identity))
    alpha[rows, columns] = coverage
    features.paint_skin(face, identity)
    features.paint_lines(face, identity, scene)
    features.paint_nose(face, identity)
    hair.paint_beard(face, identity, scene)
    features.paint_mouth(face, identity, scene)
    for side in (-1, 1):
        features.paint_eye(face, identity, scene, side)
        features.paint_brow(face, identity, scene, side)
    covered = hair.paint_hair(face, identity, scene)
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


def _paint_behind(plane: Surface, identity: Identity, scene: Scene) -> None:
    shape = hair.back_hair(identity)
    if shape is None:
        return
    colour = mix(hair.hair_colour(identity, scene), (10, 8, 8), 0.28)
    plane.fill(shape, colour, soft=0.008)
    dice = Dice(identity.seed, stream=13)
    if identity.hair.style == "tied":
        return
    light = mix(colour, (255, 236, 210), 0.12)
    wide = identity.head.temple + identity.hair.volume * 0.7
    paths = []
    for _ in range(40):
        x = dice.between(-wide, wide)
        end = identity.hair.length * dice.between(0.7, 0.98)
        paths.append([(x, -0.2), (x, -0.2), (x * 1.05, end / 2), (x * 1.02, end), (x, end)])
    plane.strands(curves(np.array(paths), 6), light, 0.014, 0.5)


def _paint_body(body: Surface, identity: Identity, scene: Scene, clothes: int) -> None:
    """Neck and shoulders; the head's shadow falls on the neck."""
    head = identity.head
    jaw, chin = head.jaw * 0.80, head.chin
    skin = features.skin_shadow(identity, 0.22)
    garment = clothes_colour(Dice(scene.seed, stream=14 + clothes))
    neck = [
        (jaw * 0.9, 0.45),
        (jaw * 0.9, chin + 0.12),
        (jaw * 1.2, chin + 0.34),
        (jaw * 1.3, chin + 0.7),
    ]
    shape = curve([*neck, *[(-x, y) for x, y in reversed(neck)]], closed=True)
    body.fill(shape, skin)
    within: Mask = np.zeros(body.rgb.shape[:2], np.uint8)
    coverage, rows, columns = body.mask(shape)
    within[rows, columns] = coverage
    shadow = circle(scene.light_x * -0.12, chin + 0.02, jaw * 0.95, 0.22)
    body.fill(shadow, features.skin_shadow(identity, 0.75), 0.55, soft=0.08, within=within)
    collar = chin + 0.40
    right = [
        (0.0, collar + 0.16),
        (jaw * 0.75, collar + 0.06),
        (jaw * 1.15, collar - 0.10),
        (jaw * 1.7, collar + 0.02),
        (1.45, collar + 0.30),
        (1.75, collar + 0.75),
        (1.85, 4.0),
        (0.0, 4.0),
    ]
    body.fill(curve(mirrored(right), closed=True), garment, soft=0.004)
    for side in (-1, 1):
        fold = circle(side * 1.7, collar + 1.1, 0.5, 0.9)
        lit = side * scene.light_x > 0
        tone = mix(garment, (255, 255, 255), 0.25) if lit else mix(garment, (0, 0, 0), 0.4)
        body.fill(fold, tone, 0.4, soft=0.25)
    edge = curve(
        [
            (-jaw * 1.15, collar - 0.10),
            (-jaw * 0.75, collar + 0.06),
            (0, collar + 0.16),
            (jaw * 0.75, collar + 0.06),
            (jaw * 1.15, collar - 0.10),
        ]
    )
    body.line(edge, mix(garment, (0, 0, 0), 0.35), 0.03, 0.6, soft=0.008)


def _paint_ears(plane: Surface, identity: Identity, scene: Scene) -> None:
    if identity.hair.style in ("long", "wavy"):
        return
    head = identity.head
    for side in (-1, 1):
        lit = side * scene.light_x * scene.contrast
        colour = features.skin_shadow(identity, max(0.08, 0.28 - 0.25 * lit))
        x = side * (head.cheek + 0.03)
        ear = circle(x, 0.10, 0.10, head.ear)
        plane.fill(ear, colour, soft=0.004)
        bowl = circle(x + side * 0.02, 0.08, 0.045, head.ear * 0.6)
        plane.fill(bowl, features.skin_shadow(identity, 0.8), 0.5, soft=0.02)


def _expose(canvas: Pixels, scene: Scene) -> RGBImage:
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
