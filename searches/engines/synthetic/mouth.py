"""Lips and teeth, painted on the frontal map of a face."""

from .dice import mix
from .features import DARK, skin_shadow
from .identity import Identity
from .scene import Scene
from .shapes import circle, curve
from .surface import Surface


def paint_mouth(face: Surface, identity: Identity, scene: Scene) -> None:
    """Lips with the line between them, parted over teeth when the mouth is open."""
    mouth = identity.mouth
    y0 = identity.nose.base + mouth.y
    w = mouth.width * (1.0 + 0.13 * scene.smile)
    rise = mouth.corner - 0.045 * scene.smile
    gap = 0.055 * scene.mouth_open
    ends = [(-w, y0 + rise), (w, y0 + rise)]
    seam = [(-w * 0.5, y0 + rise * 0.35), (0.0, y0 + 0.008), (w * 0.5, y0 + rise * 0.35)]
    _lips(face, identity, ends, seam, gap)
    if gap > 0.004:
        _opening(face, seam, w, y0, rise, gap)
    else:
        line = curve([ends[0], *seam, ends[1]])
        face.line(line, mix(skin_shadow(identity, 1.0), DARK, 0.6), 0.018, 0.85, soft=0.004)
    for x, y in ends:
        face.fill(circle(x, y, 0.016, 0.012), skin_shadow(identity, 0.9), 0.5, soft=0.012)


def _lips(
    face: Surface,
    identity: Identity,
    ends: list[tuple[float, float]],
    seam: list[tuple[float, float]],
    gap: float,
) -> None:
    mouth = identity.mouth
    w, y0 = ends[1][0], identity.nose.base + mouth.y
    rise = ends[1][1] - y0
    top = y0 - mouth.upper
    side = y0 - mouth.upper * 0.62 + rise * 0.5
    bow = top + mouth.upper * mouth.bow * 0.45
    upper = [(-w * 0.55, side), (-w * 0.2, top), (0.0, bow), (w * 0.2, top), (w * 0.55, side)]
    low = y0 + gap + mouth.lower
    slope = low - mouth.lower * 0.38 + rise * 0.4
    lower = [(w * 0.58, slope), (0.0, low), (-w * 0.58, slope)]
    red = mix(mix(identity.skin.colour, (168, 62, 66), 0.30 + 0.35 * mouth.redness), DARK, 0.08)
    under = circle(0, low + 0.045, mouth.width * 0.5, 0.022)
    face.fill(under, skin_shadow(identity, 0.7), 0.32, soft=0.025)
    face.fill(curve([ends[0], *upper, ends[1], *lower], closed=True), red, 0.88, soft=0.008)
    shaded = curve([ends[0], *upper, ends[1], *reversed(seam)], closed=True)
    face.fill(shaded, DARK, 0.16, soft=0.006)
    gleam = circle(0, low - mouth.lower * 0.45, w * 0.42, mouth.lower * 0.16)
    face.fill(gleam, mix(red, (255, 235, 230), 0.5), 0.28, soft=0.012)


def _opening(
    face: Surface,
    seam: list[tuple[float, float]],
    w: float,
    y0: float,
    rise: float,
    gap: float,
) -> None:
    """The dark between parted lips and the upper teeth in it."""
    below = [(w * 0.45, y0 + gap * 0.8), (0.0, y0 + gap * 1.15), (-w * 0.45, y0 + gap * 0.8)]
    high = y0 + rise * 0.8
    inside = curve([(-w * 0.85, high), *seam, (w * 0.85, high), *below], closed=True)
    face.fill(inside, (70, 28, 28), 0.95, soft=0.003)
    edge = [(w * 0.35, y0 + gap * 0.65), (0.0, y0 + gap * 0.75), (-w * 0.35, y0 + gap * 0.65)]
    high = y0 + rise * 0.5
    teeth = curve([(-w * 0.6, high), *seam, (w * 0.6, high), *edge], closed=True)
    face.fill(teeth, (232, 224, 214), 0.9, soft=0.004)
