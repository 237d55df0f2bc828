"""The parts of a face, painted on its frontal map."""

import numpy as np

from .identity import Colour, Dice, Identity, mix
from .scene import Scene
from .surface import Mask, Points, Surface, circle, curve, lowered, mirrored

_DARK: Colour = (40, 24, 20)
_SCLERA: Colour = (232, 226, 220)


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
    coverage, rows, columns = face.mask(shape)
    within: Mask = np.zeros(face.rgb.shape[:2], np.uint8)
    within[rows, columns] = coverage
    face.fill(shape, _SCLERA)
    _iris(face, identity, scene, centre, within)
    lid = curve(upper)
    face.line(lowered(lid, 0.018), _DARK, 0.05, 0.35, soft=0.012, within=within)
    face.line(lid, mix(_DARK, identity.hair.colour, 0.2), 0.020 + 0.008 * eyes.fold, 0.92)
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


def paint_nose(face: Surface, identity: Identity) -> None:
    """Nostrils, wings and the shadow below; the rest of a nose is light."""
    nose = identity.nose
    shade, deep = skin_shadow(identity, 0.75), mix(skin_shadow(identity, 1.0), _DARK, 0.4)
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


def paint_mouth(face: Surface, identity: Identity, scene: Scene) -> None:
    """Lips with the line between them, parted over teeth when the mouth is open."""
    mouth = identity.mouth
    y0 = identity.nose.base + mouth.y
    smile = scene.smile
    w = mouth.width * (1.0 + 0.13 * smile)
    rise = mouth.corner - 0.045 * smile
    gap = 0.055 * scene.mouth_open
    colour = mix(mix(identity.skin.colour, (168, 62, 66), 0.30 + 0.35 * mouth.redness), _DARK, 0.08)
    bow = mouth.upper * mouth.bow * 0.45
    corner_r, corner_l = (w, y0 + rise), (-w, y0 + rise)
    seam = [(w * 0.5, y0 + rise * 0.35), (0.0, y0 + 0.008), (-w * 0.5, y0 + rise * 0.35)]
    upper = [
        (-w * 0.55, y0 - mouth.upper * 0.62 + rise * 0.5),
        (-w * 0.2, y0 - mouth.upper),
        (0.0, y0 - mouth.upper + bow),
        (w * 0.2, y0 - mouth.upper),
        (w * 0.55, y0 - mouth.upper * 0.62 + rise * 0.5),
    ]
    lower = [
        (w * 0.58, y0 + gap + mouth.lower * 0.62 + rise * 0.4),
        (0.0, y0 + gap + mouth.lower),
        (-w * 0.58, y0 + gap + mouth.lower * 0.62 + rise * 0.4),
    ]
    outline = curve([corner_l, *upper, corner_r, *lower], closed=True)
    under = circle(0, y0 + gap + mouth.lower + 0.045, mouth.width * 0.5, 0.022)
    face.fill(under, skin_shadow(identity, 0.7), 0.32, soft=0.025)
    face.fill(outline, colour, 0.88, soft=0.008)
    face.fill(curve([corner_l, *upper, corner_r, *seam], closed=True), _DARK, 0.16, soft=0.006)
    face.fill(
        circle(0, y0 + gap + mouth.lower * 0.55, w * 0.42, mouth.lower * 0.16),
        mix(colour, (255, 235, 230), 0.5),
        0.28,
        soft=0.012,
    )
    if gap > 0.004:
        parted = [(w * 0.45, y0 + gap * 0.8), (0.0, y0 + gap * 1.15), (-w * 0.45, y0 + gap * 0.8)]
        inside = curve(
            [(-w * 0.85, y0 + rise * 0.8), *seam[::-1], (w * 0.85, y0 + rise * 0.8), *parted],
            closed=True,
        )
        face.fill(inside, (70, 28, 28), 0.95, soft=0.003)
        teeth = curve(
            [
                (-w * 0.6, y0 + rise * 0.5),
                *seam[::-1],
                (w * 0.6, y0 + rise * 0.5),
                (w * 0.35, y0 + gap * 0.65),
                (0, y0 + gap * 0.75),
                (-w * 0.35, y0 + gap * 0.65),
            ],
            closed=True,
        )
        face.fill(teeth, (232, 224, 214), 0.9, soft=0.004)
    else:
        line = curve([corner_l, *seam[::-1], corner_r])
        face.line(line, mix(skin_shadow(identity, 1.0), _DARK, 0.6), 0.018, 0.85, soft=0.004)
    for x, y in (corner_l, corner_r):
        face.fill(circle(x, y, 0.016, 0.012), skin_shadow(identity, 0.9), 0.5, soft=0.012)


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
