"""Spectacles, painted on the frontal map so that they turn with the head."""

import numpy as np

from .dice import Colour, Dice
from .identity import Identity
from .scene import Scene
from .shapes import Points, circle, curve, lowered
from .surface import Surface

FRAMES: tuple[Colour, ...] = ((34, 30, 30), (92, 58, 36), (120, 122, 126), (58, 66, 92))


def _rim(style: str, x: float, y: float, width: float) -> Points:
    if style == "round":
        return circle(x, y, width, width * 0.92)
    w, h = width * 1.08, width * 0.70
    corners = [
        (-0.92, -0.85),
        (0, -1),
        (0.92, -0.85),
        (1, 0),
        (0.86, 0.85),
        (0, 1),
        (-0.86, 0.85),
        (-1, 0),
    ]
    return curve([(x + w * a, y + h * b) for a, b in corners], closed=True)


def paint_glasses(face: Surface, identity: Identity, scene: Scene) -> None:
    """Frame, bridge, temples and a faint reflection; nothing for "none"."""
    if scene.glasses == "none":
        return
    dice = Dice(scene.seed, stream=16)
    colour = FRAMES[dice.index(len(FRAMES))]
    eyes, head = identity.eyes, identity.head
    width = min(eyes.spacing * 0.86, 0.27)
    thick = 0.012 if scene.glasses == "rimless" else 0.030
    y = eyes.y + 0.03
    for side in (-1, 1):
        x = side * eyes.spacing
        rim = _rim(scene.glasses, x, y, width)
        face.fill(rim, (236, 242, 248), 0.06)
        closed = np.concatenate([rim, rim[:2]])
        face.line(lowered(closed, 0.018), (30, 20, 18), thick, 0.18, soft=0.012)
        _band(face, closed, colour, thick, 0.55 if scene.glasses == "rimless" else 0.95)
        hinge = x + side * width * 0.98
        face.line(
            np.array([(hinge, y - 0.04), (side * head.cheek * 1.02, y - 0.03)]),
            colour,
            thick * 1.2,
            0.9,
        )
    inner = eyes.spacing - width * 0.97
    bridge = curve([(-inner, y - 0.03), (0.0, y - 0.06), (inner, y - 0.03)])
    face.line(bridge, colour, max(thick, 0.018), 0.95)


def _band(face: Surface, path: Points, colour: Colour, width: float, opacity: float) -> None:
    """A stroke of even width along a closed path."""
    middle = path.mean(axis=0)
    outer = middle + (path - middle) * (1 + width / 0.5)
    inner = middle + (path - middle) * (1 - width / 0.5)
    face.fill(np.concatenate([outer, inner[::-1]]), colour, opacity)
