"""Who a synthetic person is: everything that stays the same from picture to picture."""

from dataclasses import dataclass
from typing import Self

from .dice import Colour, Dice
from .traits import BEARD_STYLES, HAIR_STYLES, Beard, Brows, Eyes, Hair, Head, Mouth, Nose, Skin

SKIN_TONES: tuple[Colour, ...] = (
    (240, 211, 191),
    (234, 199, 173),
    (227, 186, 154),
    (210, 164, 128),
    (186, 137, 100),
    (158, 110, 77),
    (128, 87, 61),
    (102, 68, 50),
    (80, 54, 42),
)

HAIR_COLOURS: tuple[Colour, ...] = (
    (28, 24, 24),
    (52, 38, 30),
    (84, 58, 40),
    (112, 108, 106),
    (122, 86, 54),
    (176, 138, 88),
    (214, 184, 130),
    (150, 74, 40),
    (168, 164, 160),
)

EYE_COLOURS: tuple[Colour, ...] = (
    (62, 40, 26),
    (96, 62, 34),
    (122, 98, 52),
    (86, 116, 82),
    (92, 130, 160),
    (118, 134, 144),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """One synthetic person; equal seeds give equal people, and nobody real is depicted."""

    seed: int
    head: Head
    skin: Skin
    eyes: Eyes
    brows: Brows
    nose: Nose
    mouth: Mouth
    hair: Hair
    beard: Beard

    @classmethod
    def from_seed(cls, seed: int) -> Self:
        """The person of a seed (0 or more). Features are drawn independently of each other."""
        dice = Dice(seed)
        head, skin = _head(dice), _skin(dice)
        return cls(
            seed=seed,
            head=head,
            skin=skin,
            eyes=_eyes(dice, head, skin),
            brows=_brows(dice),
            nose=_nose(dice),
            mouth=_mouth(dice),
            hair=_hair(dice, skin),
            beard=_beard(dice),
        )


def _head(dice: Dice) -> Head:
    cheek = dice.between(0.62, 0.80)
    return Head(
        temple=cheek * dice.between(0.90, 1.0),
        cheek=cheek,
        jaw=cheek * dice.between(0.72, 0.94),
        chin_width=dice.between(0.16, 0.34),
        chin=dice.between(0.92, 1.12),
        top=dice.between(0.98, 1.12),
        ear=dice.between(0.16, 0.25),
        cheekbone=dice.between(0.0, 1.0),
    )


def _skin(dice: Dice) -> Skin:
    moles = tuple(
        (dice.between(-0.5, 0.5), dice.between(0.12, 0.75), dice.between(0.012, 0.024))
        for _ in range(dice.index(3))
    )
    return Skin(
        colour=dice.along(SKIN_TONES),
        blush=dice.between(0.0, 1.0),
        freckles=max(0.0, dice.between(-1.5, 1.0)),
        lines=dice.between(0.0, 1.0) ** 2,
        moles=moles,
    )


def _eyes(dice: Dice, head: Head, skin: Skin) -> Eyes:
    return Eyes(
        spacing=head.cheek * dice.between(0.40, 0.485),
        width=dice.between(0.135, 0.185),
        opening=dice.between(0.042, 0.080),
        tilt=dice.between(-0.14, 0.20),
        depth=dice.between(0.0, 1.0),
        fold=dice.between(0.0, 1.0),
        y=dice.between(-0.03, 0.03),
        colour=_pick(dice, EYE_COLOURS, skin),
    )


def _pick(dice: Dice, colours: tuple[Colour, ...], skin: Skin) -> Colour:
    """One of the colours, listed from dark to light; darker skin mostly goes with the first."""
    lightness = (skin.colour[1] - 54) / 166
    usable = len(colours) if lightness > 0.6 or dice.index(8) == 0 else len(colours) // 2
    return colours[dice.index(usable)]


def _brows(dice: Dice) -> Brows:
    return Brows(
        height=dice.between(0.15, 0.25),
        length=dice.between(0.17, 0.235),
        thickness=dice.between(0.022, 0.070),
        slope=dice.between(-0.24, 0.07),
        arch=dice.between(0.0, 0.075),
        density=dice.between(0.45, 1.0),
    )


def _nose(dice: Dice) -> Nose:
    return Nose(
        base=dice.between(0.34, 0.48),
        width=dice.between(0.115, 0.215),
        bridge=dice.between(0.045, 0.095),
        projection=dice.between(0.16, 0.34),
        lift=dice.between(-0.03, 0.04),
    )


def _mouth(dice: Dice) -> Mouth:
    return Mouth(
        y=dice.between(0.16, 0.25),
        width=dice.between(0.19, 0.32),
        upper=dice.between(0.022, 0.068),
        lower=dice.between(0.035, 0.095),
        bow=dice.between(0.1, 0.6),
        corner=dice.between(-0.02, 0.015),
        redness=dice.between(0.15, 0.9),
    )


def _hair(dice: Dice, skin: Skin) -> Hair:
    return Hair(
        style=HAIR_STYLES[dice.index(len(HAIR_STYLES))],
        colour=_pick(dice, HAIR_COLOURS, skin),
        line=dice.between(-0.70, -0.52),
        recession=dice.between(0.0, 0.16),
        volume=dice.between(0.05, 0.16),
        parting=dice.between(-0.25, 0.25),
        length=dice.between(0.5, 1.5),
    )


def _beard(dice: Dice) -> Beard:
    worn = dice.between(0.0, 1.0) < 0.45
    return Beard(
        style=BEARD_STYLES[1 + dice.index(len(BEARD_STYLES) - 1)] if worn else "none",
        density=dice.between(0.55, 1.0),
        reach=dice.between(0.0, 1.0),
    )
