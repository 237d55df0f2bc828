"""Hair on the face."""

import cv2
import numpy as np

from .dice import Dice, mix
from .features import face_outline
from .hair import hair_colour
from .identity import Identity
from .scene import Scene
from .shapes import Points, curve, mirrored, stroke
from .surface import Mask, Surface, blend


def paint_beard(face: Surface, identity: Identity, scene: Scene) -> None:
    """Moustache, goatee, stubble or full beard, drawn before the lips."""
    beard, head = identity.beard, identity.head
    if beard.style == "none":
        return
    colour = mix(hair_colour(identity, scene), (30, 22, 18), 0.25)
    lip = identity.nose.base + identity.mouth.y
    mask: Mask = np.zeros(face.rgb.shape[:2], np.uint8)
    for shape in _shapes(identity, lip):
        coverage, rows, columns = face.mask(shape, 0.022)
        mask[rows, columns] = np.maximum(mask[rows, columns], coverage)
    if beard.style == "stubble":
        _grain(face, identity, mask, 0.75)
        blend(face.rgb, mix(colour, identity.skin.colour, 0.25), mask, 0.50 * beard.density)
        return
    _grain(face, identity, mask, 0.35)
    blend(face.rgb, colour, mask, 0.65 + 0.30 * beard.density)
    dice = Dice(identity.seed, stream=9)
    for tone, opacity in (
        (mix(colour, (255, 235, 210), 0.25), 0.35),
        (mix(colour, (6, 5, 5), 0.45), 0.40),
    ):
        hairs = []
        for _ in range(90):
            x = dice.between(-head.cheek, head.cheek)
            y = dice.between(identity.nose.base - 0.2, head.chin)
            hairs.append([(x, y), (x * 1.03, y + 0.04), (x * 1.03, y + 0.08)])
        face.strands(np.array(hairs), tone, 0.009, opacity, within=mask)


def _shapes(identity: Identity, lip: float) -> list[Points]:
    """The outlines of the areas where hair grows."""
    style = identity.beard.style
    if style == "moustache":
        return [_moustache(identity, lip)]
    if style == "goatee":
        return [_moustache(identity, lip), *_goatee(identity, lip)]
    return [_moustache(identity, lip), _cheeks(identity, lip)]


def _moustache(identity: Identity, lip: float) -> Points:
    mouth, base = identity.mouth, identity.nose.base
    wing = max(mouth.width, 0.24) * 1.2  # always wider than the nose
    right = [
        (0.0, base + 0.075),
        (wing * 0.5, base + 0.065),
        (wing, lip + 0.035),
        (wing * 0.6, lip - mouth.upper * 0.4),
        (0.0, lip - mouth.upper * 0.7),
    ]
    return curve(mirrored(right), closed=True)


def _goatee(identity: Identity, lip: float) -> list[Points]:
    mouth, chin = identity.mouth, identity.head.chin
    w = mouth.width
    right = [
        (0.0, lip + mouth.lower + 0.05),
        (w * 0.75, lip + mouth.lower + 0.03),
        (w * 1.0, lip + 0.15),
        (w * 0.85, chin - 0.02),
        (0.0, chin + 0.03),
    ]
    bridge = [(w * 1.10, lip - 0.04), (w * 1.15, lip + 0.08), (w * 0.95, lip + 0.2)]
    sides = [stroke(curve([(s * x, y) for x, y in bridge]), 0.09) for s in (-1, 1)]
    return [curve(mirrored(right), closed=True), *sides]


def _cheeks(identity: Identity, lip: float) -> Points:
    """From ear to ear along the jaw, leaving the mouth free."""
    head, w = identity.head, identity.mouth.width
    below = lip + identity.mouth.lower + 0.045
    right = [
        (0.0, below),
        (w * 0.75, below),
        (w * 1.15, lip + 0.02),
        (w * 1.35, lip - 0.06),
        (head.cheek * 0.80, 0.34 - 0.16 * identity.beard.reach),
        (head.cheek * 0.93, 0.0),
    ]
    inner = curve([*[(-x, y) for x, y in reversed(right[1:])], *right])
    outline = face_outline(identity)
    return np.concatenate([inner, outline[outline[:, 1] > -0.02]])


def _grain(face: Surface, identity: Identity, mask: Mask, depth: float) -> None:
    """Thin the mask with fine grain, as skin shows between short hairs."""
    rng = Dice(identity.seed, stream=10).rng
    size = max(8, round(150 * identity.head.chin))
    grain = rng.integers(round(255 * (1 - depth)), 256, (size, size), dtype=np.uint8)
    height, width = mask.shape
    cv2.multiply(mask, cv2.resize(grain, (width, height)), mask, 1 / 255)
