"""Outline, complexion, nose and lines of a face, painted on its frontal map."""

import numpy as np

from .dice import Colour, Dice, mix
from .identity import Identity
from .scene import Scene
from .shapes import Points, circle, curve, mirrored
from .surface import Surface

DARK: Colour = (40, 24, 20)


def face_outline(identity: Identity) -> Points:
    """The head's silhouette from the skull's top to the chin."""
    head = identity.head
    right = [
        (0.0, -head.top),
        (head.temple * 0.52, -head.top * 0.91),
        (head.temple * 0.88, -head.top * 0.62),
        (head.temple, -0.22),
        (head.cheek, 0.14),
        ((head.cheek + head.jaw) / 2 + 0.015, 0.42),
        (head.jaw * 0.93, head.chin - 0.34),
        (head.jaw * 0.5 + head.chin_width * 0.55, head.chin - 0.13),
        (head.chin_width * 0.72, head.chin - 0.02),
        (0.0, head.chin),
    ]
    return curve(mirrored(right), closed=True)


def skin_shadow(identity: Identity, share: float = 0.5) -> Colour:
    """The complexion in its own shadow: darker and redder, never grey."""
    red, green, blue = identity.skin.colour
    return mix(
        identity.skin.colour, (round(red * 0.52), round(green * 0.36), round(blue * 0.32)), share
    )


def paint_skin(face: Surface, identity: Identity) -> None:
    """Blush, freckles, moles and the soft shadows that light alone does not give."""
    skin, eyes, nose = identity.skin, identity.eyes, identity.nose
    red = mix(skin.colour, (200, 70, 60), 0.5)
    for side in (-1, 1):
        cheek = circle(side * identity.head.cheek * 0.60, 0.30, 0.17, 0.12)
        face.fill(cheek, red, 0.10 + 0.22 * skin.blush, soft=0.09)
        socket = circle(side * eyes.spacing, eyes.y - 0.02, eyes.width * 1.25, 0.11)
        face.fill(socket, skin_shadow(identity), 0.12 + 0.22 * eyes.depth, soft=0.05)
    face.fill(
        circle(0, nose.base - 0.06, nose.width * 0.6, 0.07), red, 0.12 + 0.15 * skin.blush, 0.04
    )
    dice = Dice(identity.seed, stream=5)
    brown = skin_shadow(identity, 0.45)
    if skin.freckles:
        places = [(dice.about(0, 0.5), dice.about(0.22, 0.22)) for _ in range(90)]
        spots = [circle(x, y, dice.between(0.005, 0.012)) for x, y in places]
        face.spots(np.stack(spots[: 1 + round(89 * skin.freckles)]), brown, 0.42)
    for x, y, radius in skin.moles:
        face.fill(circle(x, y, radius), skin_shadow(identity, 0.85), 0.85, soft=0.004)


def paint_nose(face: Surface, identity: Identity) -> None:
    """Nostrils, wings and the shadow below; the rest of a nose is light."""
    nose = identity.nose
    shade, deep = skin_shadow(identity, 0.75), mix(skin_shadow(identity, 1.0), DARK, 0.4)
    base, width = nose.base, nose.width
    face.fill(circle(0, base + 0.035, width * 0.85, 0.022), shade, 0.30, soft=0.022)
    for side in (-1, 1):
        wing = [
            (side * width * 0.88, base - 0.095),
            (side * width * 1.02, base - 0.04),
            (side * width * 0.95, base + 0.005),
            (side * width * 0.70, base + 0.012),
        ]
        face.line(curve(wing), shade, 0.026, 0.60, soft=0.008)
        hole = curve(
            [
                (side * width * 0.26, base + 0.014 - nose.lift * 0.3),
                (side * width * 0.46, base - 0.018 - nose.lift * 0.5),
                (side * width * 0.70, base - 0.004),
                (side * width * 0.50, base + 0.012),
            ],
            closed=True,
        )
        face.fill(hole, deep, 0.80, soft=0.007)
        flank = curve(
            [
                (side * nose.bridge * 1.3, -0.10),
                (side * nose.bridge * 1.2, 0.10),
                (side * (nose.bridge + width) * 0.55, base - 0.12),
            ]
        )
        face.line(flank, shade, 0.05, 0.10, soft=0.024)


def paint_lines(face: Surface, identity: Identity, scene: Scene) -> None:
    """Lines of the years and of the expression."""
    age = min(1.0, identity.skin.lines * 0.45 + scene.ageing / 28)
    nose, mouth, eyes = identity.nose, identity.mouth, identity.eyes
    shade = skin_shadow(identity, 0.65)
    y0 = nose.base + mouth.y
    fold = 0.10 + 0.35 * age + 0.20 * max(scene.smile, 0.0)
    for side in (-1, 1):
        path = curve(
            [
                (side * (nose.width + 0.02), nose.base - 0.05),
                (side * (mouth.width * 0.75 + 0.09), nose.base + 0.08),
                (side * (mouth.width + 0.07), y0 - 0.01),
            ]
        )
        face.line(path, shade, 0.028, fold, soft=0.012)
        for k in (-1, 0, 1):
            x = side * (eyes.spacing + eyes.width)
            crow = curve(
                [(x + side * 0.03, eyes.y + 0.012 * k), (x + side * 0.10, eyes.y + 0.045 * k)]
            )
            face.line(crow, shade, 0.010, 0.45 * max(0.0, age - 0.25), soft=0.003)
    for k in range(3):
        y = -0.38 - 0.075 * k
        path = curve([(-0.30, y + 0.012), (0, y - 0.008), (0.30, y + 0.012)])
        face.line(path, shade, 0.012, 0.5 * max(0.0, age - 0.2), soft=0.005)
