"""Eyes and eyebrows, painted on the frontal map of a face."""

import numpy as np

from .dice import Colour, Dice, mix
from .features import DARK, skin_shadow
from .identity import Identity
from .scene import Scene
from .shapes import circle, curve, lowered
from .surface import Mask, Surface

_SCLERA: Colour = (232, 226, 220)


def paint_eye(face: Surface, identity: Identity, scene: Scene, side: int) -> None:
    """One eye; `side` is -1 for the picture's left."""
    eyes = identity.eyes
    centre = side * eyes.spacing
    drop = -side * eyes.tilt  # the outer corner lies higher when the tilt is positive
    opening = eyes.opening * scene.eyes_open * (1.0 - 0.18 * max(scene.smile, 0.0))

    def at(x: float, y: float) -> tuple[float, float]:
        return centre + x * eyes.width, eyes.y + y + x * eyes.width * drop

    inner = -side
    upper = [
        at(-1.0, 0.004),
        at(-0.55, -opening * 0.86),
        at(0.08 * inner, -opening * 1.12),
        at(0.55, -opening * 0.86),
        at(1.0, 0.004),
    ]
    lower = [at(0.55, opening * 0.50), at(0.0, opening * 0.72), at(-0.55, opening * 0.50)]
    shape = curve([*upper, *lower], closed=True)
    face.fill(shape, skin_shadow(identity, 0.5), 0.5, soft=0.012)
    within = face.coverage(shape)
    face.fill(shape, _SCLERA)
    _iris(face, identity, scene, centre, within)
    lid = curve(upper)
    face.line(lowered(lid, 0.018), DARK, 0.05, 0.35, soft=0.012, within=within)
    face.line(lid, mix(DARK, identity.hair.colour, 0.2), 0.020 + 0.008 * eyes.fold, 0.92)
    face.line(curve([upper[4], *lower, upper[0]]), skin_shadow(identity, 0.8), 0.010, 0.7, 0.003)
    face.fill(circle(*at(0.93 * inner, 0.006), 0.014), (196, 128, 116), 0.7, 0.004)
    fold = lowered(lid, -0.022 - 0.022 * eyes.fold)
    face.line(fold, skin_shadow(identity, 0.7), 0.012, 0.25 + 0.5 * eyes.fold, 0.004)
    bag = curve([at(-0.75, opening + 0.035), at(0, opening + 0.062), at(0.75, opening + 0.035)])
    age = min(1.0, identity.skin.lines * 0.5 + scene.ageing / 30)
    face.line(bag, skin_shadow(identity, 0.6), 0.022, 0.18 + 0.4 * age, 0.010)


def _iris(face: Surface, identity: Identity, scene: Scene, centre: float, within: Mask) -> None:
    eyes = identity.eyes
    x = centre + scene.gaze * 0.025
    y = eyes.y - 0.012
    radius = 0.030 + 0.22 * eyes.width
    face.fill(circle(x, y, radius), mix(eyes.colour, (10, 8, 8), 0.55), within=within)
    face.fill(circle(x, y, radius * 0.84), eyes.colour, soft=0.006, within=within)
    glow = mix(eyes.colour, (240, 220, 180), 0.35)
    face.fill(circle(x, y + 0.022, radius * 0.5, 0.02), glow, 0.6, soft=0.008, within=within)
    face.fill(circle(x, y, radius * 0.42), (12, 10, 10), within=within)
    light = x + 0.020 * (1 if scene.light_x > 0 else -1)
    face.fill(circle(light, y - 0.022, 0.011), (255, 255, 255), 0.9, 0.002, within=within)


def paint_brow(face: Surface, identity: Identity, scene: Scene, side: int) -> None:
    """One eyebrow: a soft base with hairs combed outwards over it."""
    brows, eyes = identity.brows, identity.eyes
    y0 = eyes.y - brows.height - 0.035 * scene.brow_raise
    thick = brows.thickness
    line = []
    for t, width in ((-1.0, 0.80), (-0.5, 1.0), (0.1, 1.0), (0.6, 0.75), (1.0, 0.18)):
        x = side * (eyes.spacing * 1.03 + t * brows.length)
        y = y0 - brows.slope * t * brows.length - brows.arch * (1.0 - (t - 0.25) ** 2)
        line.append((x, y, thick * width))
    top = [(x, y - w / 2) for x, y, w in line]
    bottom = [(x, y + w / 2) for x, y, w in reversed(line)]
    colour = mix(identity.hair.colour, (30, 22, 20), 0.30)
    if scene.ageing > 12:
        colour = mix(colour, (170, 166, 162), (scene.ageing - 12) / 40)
    face.fill(curve([*top, *bottom], closed=True), colour, 0.78 * brows.density, soft=0.011)
    dice = Dice(identity.seed, stream=6)
    hairs = []
    for _ in range(round(40 * brows.density)):
        t = dice.between(0.0, len(line) - 1.01)
        k = int(t)
        (ax, ay, aw), (bx, by, _) = line[k], line[k + 1]
        x, y = ax + (bx - ax) * (t - k), ay + (by - ay) * (t - k)
        y += dice.about(0, 0.55) * aw
        lean = (x + side * 0.045, y - dice.between(-0.005, 0.03) * (1 - t / 2))
        hairs.append([(x, y), lean])
    face.strands(np.array(hairs), colour, 0.008, 0.5)
