"""What is around a person: backgrounds, things, clothes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .dice import Colour, Dice, mix
from .scene import Scene
from .shapes import circle
from .surface import Surface

WALLS: tuple[Colour, ...] = (
    (226, 224, 218),
    (200, 208, 212),
    (176, 188, 196),
    (214, 204, 188),
    (150, 162, 158),
    (188, 176, 170),
    (126, 140, 156),
    (208, 214, 220),
)
THINGS: tuple[Colour, ...] = (
    (96, 116, 120),
    (150, 116, 84),
    (70, 84, 104),
    (168, 152, 116),
    (110, 126, 92),
    (134, 98, 92),
)
CLOTHES: tuple[Colour, ...] = (
    (52, 60, 76),
    (96, 104, 112),
    (122, 60, 62),
    (58, 88, 84),
    (190, 186, 178),
    (44, 46, 50),
    (112, 124, 150),
    (148, 122, 88),
)


def backdrop(scene: Scene, side: int) -> NDArray[np.uint8]:
    """The picture without people, [side, side, 3]; painted small, because it is out of focus."""
    small = 100
    dice = Dice(scene.seed, stream=11)
    wall = WALLS[dice.index(len(WALLS))]
    canvas = Surface.blank((0.0, 0.0, 1.0, 1.0), small, wall)
    if scene.background != "plain":
        _gradient(canvas, wall, dice)
    if scene.background == "room":
        _room(canvas, dice)
    if scene.background == "outdoors":
        _outdoors(canvas, dice)
    soft = cv2.GaussianBlur(canvas.rgb, (0, 0), 1.6)
    return np.asarray(cv2.resize(soft, (side, side)), np.uint8)


def _rectangle(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _gradient(canvas: Surface, wall: Colour, dice: Dice) -> None:
    lit = circle(dice.between(0, 1), dice.between(0, 0.5), dice.between(0.4, 0.8))
    canvas.fill(lit, mix(wall, (255, 252, 244), 0.6), 0.8, soft=0.2)
    canvas.fill(_rectangle(-0.2, 0.8, 1.2, 1.4), mix(wall, (40, 40, 44), 0.5), 0.5, soft=0.2)


def _room(canvas: Surface, dice: Dice) -> None:
    for _ in range(4):
        left, top = dice.between(-0.1, 0.9), dice.between(0.0, 0.6)
        width, height = dice.between(0.08, 0.35), dice.between(0.15, 0.6)
        colour = mix(THINGS[dice.index(len(THINGS))], (200, 200, 200), dice.between(0.0, 0.5))
        canvas.fill(_rectangle(left, top, left + width, top + height), colour, 0.85, soft=0.008)


def _outdoors(canvas: Surface, dice: Dice) -> None:
    canvas.fill(_rectangle(-0.1, -0.1, 1.1, 0.5), (196, 214, 230), 0.8, soft=0.06)
    canvas.fill(_rectangle(-0.1, 0.62, 1.1, 1.1), (118, 126, 104), 0.8, soft=0.04)
    for _ in range(9):
        green = mix((74, 98, 66), (150, 166, 116), dice.between(0.0, 1.0))
        crown = circle(dice.between(0, 1), dice.between(0.3, 0.65), dice.between(0.06, 0.16))
        canvas.fill(crown, green, 0.75, soft=0.02)


def clothes_colour(dice: Dice) -> Colour:
    """A garment's colour."""
    base = CLOTHES[dice.index(len(CLOTHES))]
    return mix(base, (230, 228, 224), dice.between(0.0, 0.25))
