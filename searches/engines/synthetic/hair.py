"""Hair on the head."""

import numpy as np

from .dice import Colour, Dice, mix
from .features import skin_shadow
from .identity import Identity
from .scene import Scene
from .shapes import Points, circle, curve, curves, lowered, mirrored
from .surface import Mask, Surface, blend

_GREY: Colour = (178, 175, 172)


def hair_colour(identity: Identity, scene: Scene) -> Colour:
    """The hair's colour after the scene's years."""
    return mix(identity.hair.colour, _GREY, min(0.8, max(0.0, scene.ageing - 4) / 32))


def thickness(identity: Identity) -> float:
    """How far the hair's outline lies outside the skull."""
    hair = identity.hair
    if hair.style == "curly":
        return 0.10 + 1.6 * hair.volume
    flat = {"shaved": 0.15, "cropped": 0.4, "receding": 0.4, "tied": 0.45}
    return hair.volume * flat.get(hair.style, 1.0)


def crown(identity: Identity) -> list[tuple[float, float]]:
    """The right half of the hair's outer outline, from the top down to the ear."""
    head, volume = identity.head, thickness(identity)
    top, wide = head.top + volume, head.temple + volume * 0.8
    return [
        (0.0, -top),
        (wide * 0.52, -top * 0.93),
        (wide * 0.88, -top * 0.66),
        (wide * 1.01, -0.30),
        (max(head.cheek, wide) * 0.99, -0.06),
    ]


def hairline(identity: Identity) -> list[tuple[float, float]]:
    """The front edge of the hair from the right ear over the forehead to the left."""
    edge = identity.head.cheek
    burn = [(edge * 0.99, -0.02), (edge * 0.90, -0.04), (edge * 0.87, -0.26)]
    brow = {"fringe": _cut, "parted": _swept, "long": _swept, "wavy": _swept}.get(
        identity.hair.style, _open
    )
    return [*burn, *brow(identity), *[(-x, y) for x, y in reversed(burn)]]


def _cut(identity: Identity) -> list[tuple[float, float]]:
    """A fringe above the eyebrows."""
    y, side = -0.36 + 0.25 * identity.hair.recession, identity.head.cheek * 0.66
    return [(side, y + 0.03), (0.3, y - 0.01), (0.0, y + 0.02), (-0.3, y - 0.01), (-side, y + 0.03)]


def _swept(identity: Identity) -> list[tuple[float, float]]:
    """Hair falling to both sides of the parting."""
    hair, side = identity.hair, identity.head.cheek * 0.74
    part, line = hair.parting, hair.line
    arch = [(part + 0.20, line + 0.02), (part, line - 0.07), (part - 0.20, line + 0.02)]
    return [(side, -0.42), *arch, (-side, -0.42)]


def _open(identity: Identity) -> list[tuple[float, float]]:
    """An open forehead with bays at the temples."""
    head, hair = identity.head, identity.hair
    line, away = hair.line, hair.recession
    if hair.style == "receding":
        line, away = line - 0.10, min(away + 0.10, 0.20)
    corner = head.cheek * 0.66
    # A bay may not reach the skull's outline, or the background would show through it.
    bay = (corner * 0.72, max(line - away, -0.76 * head.top))
    side = (corner + 0.06, max(line + 0.14 - away, -0.58 * head.top))
    peak = (0.0, max(line + 0.01, -0.84 * head.top))
    return [side, bay, peak, (-bay[0], bay[1]), (-side[0], side[1])]


def front_hair(identity: Identity) -> Points:
    """The outline of the hair in front of and around the skull."""
    right = crown(identity)
    left = [(-x, y) for x, y in right[1:]]
    outer = curve([*reversed(left), *right])
    return np.concatenate([outer, curve(hairline(identity))])


def paint_hair(face: Surface, identity: Identity, scene: Scene) -> Mask:
    """Paint the front hair and return its mask (the canvas's size)."""
    hair = identity.hair
    shape = front_hair(identity)
    soft = {"shaved": 0.035, "cropped": 0.016, "receding": 0.022, "curly": 0.012}.get(
        hair.style, 0.008
    )
    mask = face.coverage(shape, soft)
    if hair.style == "curly":
        _curls(face, identity, mask)
    colour = hair_colour(identity, scene)
    if hair.style == "shaved":
        blend(face.rgb, mix(colour, identity.skin.colour, 0.45), mask, 0.62)
        return mask
    face.fill(lowered(shape, 0.03), skin_shadow(identity, 0.9), 0.35, soft=0.03)
    blend(face.rgb, colour, mask)
    _strands(face, identity, colour, mask)
    return mask


def _curls(face: Surface, identity: Identity, mask: Mask) -> None:
    """Make the outline of curly hair uneven."""
    dice = Dice(identity.seed, stream=7)
    right = crown(identity)
    rim = curve([*[(-x, y) for x, y in reversed(right[1:])], *right])
    for x, y in rim[::2]:
        blob = circle(
            x * dice.between(0.94, 1.0), y * dice.between(0.94, 1.0), dice.between(0.05, 0.09)
        )
        coverage, rows, columns = face.mask(blob, 0.006)
        mask[rows, columns] = np.maximum(mask[rows, columns], coverage)


def _strands(face: Surface, identity: Identity, colour: Colour, mask: Mask) -> None:
    """Light and dark strands, kept inside the mask."""
    dice = Dice(identity.seed, stream=8)
    way = {"curly": _curl, "fringe": _combed_down, "cropped": _combed_down, "tied": _combed_back}
    strand = way.get(identity.hair.style, _parted)
    curly = identity.hair.style == "curly"
    width, count = (0.014, 170) if curly else (0.009, 60)
    tones = (
        (mix(colour, (8, 6, 6), 0.40), 0.42),
        (mix(colour, (255, 238, 214), 0.26), 0.34),
        (mix(colour, (8, 6, 6), 0.60), 0.30),
    )
    for tone, opacity in tones:
        controls = np.array([strand(identity, dice) for _ in range(count)])
        face.strands(curves(controls, 6), tone, width, opacity, within=mask)


def _curl(identity: Identity, dice: Dice) -> Points:
    wide = identity.head.temple + thickness(identity)
    x, y = dice.between(-wide, wide), dice.between(-1.0, 0.0) * (identity.head.top + 0.3)
    ring = circle(x, y, dice.between(0.025, 0.045), dice.between(0.025, 0.045))[::6]
    return np.roll(ring, dice.index(8), axis=0)[:7]


def _combed_down(identity: Identity, dice: Dice) -> Points:
    head, share = identity.head, dice.between(-1.0, 1.0)
    start = (identity.hair.parting * 0.5 + share * 0.2, -head.top * dice.between(0.7, 1.05))
    end = (share * head.cheek * 1.1, dice.between(-0.5, -0.2))
    return _lock(start, (start[0] * 0.3 + end[0] * 0.75, start[1] * 0.72), end)


def _combed_back(identity: Identity, dice: Dice) -> Points:
    share = dice.between(-1.0, 1.0)
    wide = identity.head.temple + identity.hair.volume
    start = (share * wide, -0.05 - 0.75 * (1.0 - share * share))
    end = (share * 0.22, -identity.head.top * 1.08)
    return _lock(start, (share * wide * 0.75, (start[1] + end[1]) * 0.55), end)


def _parted(identity: Identity, dice: Dice) -> Points:
    head, hair = identity.head, identity.hair
    side = 1 if dice.index(2) else -1
    back = dice.between(0.0, 1.0)
    top = hair.line - 0.12 - back * (head.top + hair.volume + hair.line - 0.10)
    start = (hair.parting + side * dice.between(0.0, 0.07), top)
    wide = side * (head.temple + hair.volume)
    end = (wide * dice.between(0.86, 1.04), dice.between(-0.45, 0.0))
    over = (start[0] + (wide - start[0]) * 0.62, start[1] * (0.80 - 0.1 * back) + 0.10)
    return _lock(start, over, end)


def _lock(
    start: tuple[float, float], over: tuple[float, float], end: tuple[float, float]
) -> Points:
    """The control points of a strand, as `curves` wants them."""
    return np.array([start, start, over, end, end])


def back_hair(identity: Identity) -> Points | None:
    """The outline of hair that falls behind the face, or None for short styles."""
    hair, head = identity.hair, identity.head
    if hair.style == "tied":
        return circle(hair.parting * 0.2, -head.top - 0.04, 0.26, 0.22)
    if hair.style not in ("long", "wavy"):
        return None
    wide = head.temple + hair.volume * 0.9
    end = hair.length
    wave = 0.10 if hair.style == "wavy" else 0.0
    right = [
        (0.0, -head.top - hair.volume * 0.9),
        (wide * 0.55, -head.top * 0.96),
        (wide * 0.95, -head.top * 0.62),
        (wide * 1.06, -0.1),
        (wide * 1.04 + wave, end * 0.35),
        (wide * 1.06 - wave * 0.4, end * 0.7),
        (wide * 0.98 + wave, end),
        (wide * 0.4, end + 0.04),
        (0.0, end),
    ]
    return curve(mirrored(right), closed=True)
