"""The parts that make up a synthetic person.

Lengths are in face units: the origin lies between the eyes, the chin is near y = +1 and the top of
the skull near y = -1; x runs to the picture's right, y down. Colours are sRGB 0..255.
"""

from dataclasses import dataclass

from .dice import Colour

HAIR_STYLES = ("shaved", "cropped", "parted", "fringe", "long", "wavy", "curly", "tied", "receding")

BEARD_STYLES = ("none", "stubble", "moustache", "goatee", "full")


@dataclass(frozen=True, slots=True)
class Head:
    """Half-widths of the head at three heights, its top and chin, and the ears' size."""

    temple: float
    cheek: float
    jaw: float
    chin_width: float
    chin: float
    top: float
    ear: float
    cheekbone: float


@dataclass(frozen=True, slots=True)
class Skin:
    """Complexion: base colour, blush and freckle strength (0..1) and moles as (x, y, radius)."""

    colour: Colour
    blush: float
    freckles: float
    lines: float
    moles: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Eyes:
    """Half of the eye spacing, half-width, opening, tilt of the axis, lid fold and colour."""

    spacing: float
    width: float
    opening: float
    tilt: float
    depth: float
    fold: float
    y: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Brows:
    """Height above the eyes, half-length, thickness, slope, arch and density (0..1)."""

    height: float
    length: float
    thickness: float
    slope: float
    arch: float
    density: float


@dataclass(frozen=True, slots=True)
class Nose:
    """The base's y, half-widths at nostrils and bridge, projection and the tip's lift."""

    base: float
    width: float
    bridge: float
    projection: float
    lift: float


@dataclass(frozen=True, slots=True)
class Mouth:
    """The lip line's y, half-width, lip heights, the bow's depth, corner lift and redness."""

    y: float
    width: float
    upper: float
    lower: float
    bow: float
    corner: float
    redness: float


@dataclass(frozen=True, slots=True)
class Hair:
    """Style (of HAIR_STYLES), colour, the line's y, recession at the temples, volume, parting."""

    style: str
    colour: Colour
    line: float
    recession: float
    volume: float
    parting: float
    length: float


@dataclass(frozen=True, slots=True)
class Beard:
    """Style (of BEARD_STYLES), density (0..1) and how far it reaches up the cheeks."""

    style: str
    density: float
    reach: float
