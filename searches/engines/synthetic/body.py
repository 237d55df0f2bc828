"""What lies behind a face: hair that falls back, neck, shoulders and ears."""

import numpy as np

from .backdrop import clothes_colour
from .dice import Colour, Dice, mix
from .features import skin_shadow
from .hair import back_hair, hair_colour
from .identity import Identity
from .scene import Scene
from .shapes import circle, curve, curves, mirrored
from .surface import Surface


def paint_behind(plane: Surface, identity: Identity, scene: Scene) -> None:
    shape = back_hair(identity)
    if shape is None:
        return
    colour = mix(hair_colour(identity, scene), (10, 8, 8), 0.28)
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


def paint_body(body: Surface, identity: Identity, scene: Scene, clothes: int) -> None:
    """Neck and shoulders; `clothes` tells the garments of people in one picture apart."""
    jaw, chin = identity.head.jaw * 0.80, identity.head.chin
    right = [
        (jaw * 0.9, 0.45),
        (jaw * 0.9, chin + 0.12),
        (jaw * 1.2, chin + 0.34),
        (jaw * 1.3, chin + 0.7),
    ]
    neck = curve(mirrored(right), closed=True)
    body.fill(neck, skin_shadow(identity, 0.22))
    shadow = circle(scene.light_x * -0.12, chin + 0.02, jaw * 0.95, 0.22)
    dark = skin_shadow(identity, 0.75)
    body.fill(shadow, dark, 0.55, soft=0.08, within=body.coverage(neck))
    garment = clothes_colour(Dice(scene.seed, stream=50 + clothes))
    _garment(body, garment, jaw, chin + 0.40, scene.light_x)


def _garment(body: Surface, colour: Colour, neck: float, collar: float, light_x: float) -> None:
    edge = [(0.0, collar + 0.16), (neck * 0.75, collar + 0.06), (neck * 1.15, collar - 0.10)]
    right = [
        *edge,
        (neck * 1.7, collar + 0.02),
        (1.45, collar + 0.30),
        (1.75, collar + 0.75),
        (1.85, 4.0),
        (1.90, 14.0),
        (0.0, 14.0),
    ]
    torso = curve(mirrored(right), closed=True)
    body.fill(torso, colour, soft=0.004)
    within = body.coverage(torso)
    for side in (-1, 1):
        lit = side * light_x > 0
        tone = mix(colour, (255, 255, 255), 0.25) if lit else mix(colour, (0, 0, 0), 0.4)
        arm = circle(side * 1.7, collar + 2.1, 0.5, 2.0)
        body.fill(arm, tone, 0.4, soft=0.25, within=within)
    seam = curve([*[(-x, y) for x, y in reversed(edge[1:])], *edge])
    body.line(seam, mix(colour, (0, 0, 0), 0.35), 0.03, 0.6, soft=0.008)


def paint_ears(plane: Surface, identity: Identity, scene: Scene) -> None:
    if identity.hair.style in ("long", "wavy"):
        return
    head = identity.head
    for side in (-1, 1):
        lit = side * scene.light_x * scene.contrast
        colour = skin_shadow(identity, max(0.08, 0.28 - 0.25 * lit))
        x = side * (head.cheek + 0.03)
        ear = circle(x, 0.10, 0.10, head.ear)
        plane.fill(ear, colour, soft=0.004)
        bowl = circle(x + side * 0.02, 0.08, 0.045, head.ear * 0.6)
        plane.fill(bowl, skin_shadow(identity, 0.8), 0.5, soft=0.02)
