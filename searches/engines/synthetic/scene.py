"""How one picture of a synthetic person is taken: everything that changes between pictures."""

from dataclasses import dataclass
from typing import Self

from .dice import Dice

GLASSES = ("none", "round", "square", "rimless")
BACKGROUNDS = ("plain", "gradient", "room", "outdoors")


@dataclass(frozen=True, slots=True)
class Scene:
    """Camera, light, expression and what the years and the camera do; `replace` fields at will.

    Angles are degrees with the signs of `base.Quality` (positive yaw turns to the picture's right,
    positive pitch looks up, positive roll is clockwise). Shares lie in 0..1 unless said otherwise.
    Raises ValueError for a size, an angle or a name that cannot be drawn.
    """

    seed: int
    size: int = 400  # pixels of each side of the square picture, 64 or more
    yaw: float = 0.0  # up to +-30; looks right up to 25
    pitch: float = 0.0  # up to +-20; looks right up to 15
    roll: float = 0.0
    face: float = 0.5  # chin to top of the skull as a share of the picture's height
    shift_x: float = (
        0.0  # of the face's centre from the picture's, as shares of the size, up to +-0.5
    )
    shift_y: float = 0.0
    light_x: float = 0.0  # where the light comes from: -1 left, +1 right
    light_y: float = -0.5  # -1 above, +1 below
    contrast: float = 0.5  # 0 overcast, 1 one hard lamp
    warmth: float = 0.0  # -1 bluish, +1 yellowish
    exposure: float = 1.0  # factor on all pixel values
    smile: float = 0.0  # -1 corners down, +1 corners up
    mouth_open: float = 0.0
    eyes_open: float = 1.0
    brow_raise: float = 0.0  # -1..+1
    gaze: float = 0.0  # -1 to the picture's left, +1 to its right
    glasses: str = "none"  # of GLASSES
    ageing: float = 0.0  # years since the person's first picture, 0 to 30
    resolution: float = 1.0  # share of the pixels per side that the camera really had
    blur: float = 0.0  # standard deviation in pixels at size 400
    noise: float = 0.0  # standard deviation in grey levels
    background: str = "plain"  # of BACKGROUNDS

    def __post_init__(self) -> None:
        if self.size < 64:
            raise ValueError(f"A picture's size must be 64 pixels or more, not {self.size}")
        if abs(self.yaw) > 30 or abs(self.pitch) > 20:
            raise ValueError(f"Yaw {self.yaw} or pitch {self.pitch} turns the face out of sight")
        if abs(self.shift_x) > 0.5 or abs(self.shift_y) > 0.5:
            raise ValueError("A shift above 0.5 moves the face out of the picture")
        if self.glasses not in GLASSES or self.background not in BACKGROUNDS:
            raise ValueError(f"Unknown glasses {self.glasses!r} or background {self.background!r}")

    @classmethod
    def from_seed(cls, seed: int, *, size: int = 400) -> Self:
        """An ordinary picture: near-frontal, indoor or outdoor light, small expressions."""
        dice = Dice(seed, stream=2)
        return cls(
            seed=seed,
            size=size,
            yaw=dice.about(0, 14),
            pitch=dice.about(0, 8),
            roll=dice.about(0, 8),
            face=dice.between(0.46, 0.62),
            shift_x=dice.about(0, 0.06),
            shift_y=dice.about(0, 0.04),
            light_x=dice.about(0, 0.9),
            light_y=dice.between(-0.8, -0.2),
            contrast=dice.between(0.25, 0.75),
            warmth=dice.about(0, 0.7),
            exposure=dice.between(0.85, 1.10),
            smile=dice.between(-0.2, 0.7),
            mouth_open=max(0.0, dice.between(-0.8, 0.35)),
            eyes_open=dice.between(0.85, 1.1),
            brow_raise=dice.about(0, 0.5),
            gaze=dice.about(0, 0.5),
            glasses="none",
            ageing=0.0,
            resolution=1.0,
            blur=dice.between(0.0, 0.7),
            noise=dice.between(1.0, 4.0),
            background=BACKGROUNDS[dice.index(len(BACKGROUNDS))],
        )

    @classmethod
    def id_photo(cls, seed: int, *, size: int = 400) -> Self:
        """Full-frame, frontal, even light, neutral expression, plain background."""
        dice = Dice(seed, stream=3)
        return cls(
            seed=seed,
            size=size,
            yaw=dice.about(0, 2),
            pitch=dice.about(0, 2),
            roll=dice.about(0, 1.5),
            face=dice.between(0.68, 0.74),
            shift_y=0.03,
            light_x=dice.about(0, 0.2),
            contrast=dice.between(0.25, 0.4),
            noise=1.0,
        )

    @classmethod
    def distant(cls, seed: int, *, size: int = 400) -> Self:
        """A small face somewhere in the picture, as from a camera on a wall."""
        dice = Dice(seed, stream=4)
        return cls(
            seed=seed,
            size=size,
            yaw=dice.about(0, 12),
            pitch=dice.about(-4, 5),
            roll=dice.about(0, 5),
            face=dice.between(0.24, 0.30),
            shift_x=dice.about(0, 0.25),
            shift_y=dice.about(-0.05, 0.12),
            light_x=dice.about(0, 0.8),
            contrast=dice.between(0.3, 0.7),
            warmth=dice.about(0, 0.5),
            blur=0.3,
            noise=dice.between(2.0, 5.0),
            background=BACKGROUNDS[2 + dice.index(2)],
        )
