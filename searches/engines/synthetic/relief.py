"""The head's surface as a height map: lit for shading, turned for the pose."""

import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from .hair import thickness
from .identity import Identity
from .scene import Scene

Grid: TypeAlias = NDArray[np.float64]
BOX = (-1.42, -1.62, 1.42, 1.36)  # left, top, right, bottom of a head with hair, in face units
_LIT = 128  # shade value that leaves a colour as it is
_SHADE_STEP = 0.022  # face units between shading samples


def bump(x: Grid, y: Grid, at: tuple[float, float], size: tuple[float, float]) -> Grid:
    """A smooth hill of height 1; rational, because exp differs between machines."""
    dx, dy = (x - at[0]) / size[0], (y - at[1]) / size[1]
    hill: Grid = 1.0 / (1.0 + dx * dx + dy * dy) ** 2
    return hill


def _pair(x: Grid, y: Grid, at: tuple[float, float], size: tuple[float, float]) -> Grid:
    return bump(np.abs(x), y, at, size)


def skull(identity: Identity, x: Grid, y: Grid) -> Grid:
    """The smooth head without its features: what turning the head shifts pixels by."""
    head = identity.head
    depth: Grid = 0.78 * (1.0 - 0.72 * (x / head.cheek) ** 2 - 0.35 * (y - 0.05) ** 2)
    nose = identity.nose
    tip = bump(x, y, (0.0, nose.base - 0.08), (nose.width * 1.5, 0.22))
    chin = bump(x, y, (0.0, head.chin - 0.12), (0.3, 0.2))
    return np.maximum(depth, 0.0) + nose.projection * tip + 0.08 * chin


def surface(identity: Identity, scene: Scene, x: Grid, y: Grid) -> Grid:
    """The height of the face towards the camera at face coordinates, in face units."""
    head, eyes, nose, mouth = identity.head, identity.eyes, identity.nose, identity.mouth
    lip = nose.base + mouth.y
    narrow = np.clip((y - 0.1) / 0.9, 0.0, 1.0)
    half = head.cheek * 1.06 - (head.cheek - head.jaw * 0.92) * narrow * narrow
    inside = 1.0 - (x / half) ** 2 - ((y + 0.02) / (head.chin * 1.14)) ** 4
    z: Grid = 0.72 * np.sqrt(np.maximum(inside, 0.02))
    bridge_y = np.clip((y + 0.15) / (nose.base + 0.10), 0.0, 1.0)
    bridge_y = np.where(y < nose.base + 0.01, bridge_y, np.maximum(0, 1 - (y - nose.base) / 0.07))
    ridge = 1.0 / (1.0 + (x / (nose.bridge + 0.55 * nose.width * bridge_y**3 * 0.6)) ** 2) ** 2
    z += nose.projection * (0.25 + 0.75 * bridge_y) * ridge * (bridge_y > 0)
    z += 0.05 * _pair(x, y, (nose.width * 0.68, nose.base - 0.04), (0.07, 0.07))
    z -= (0.05 + 0.07 * eyes.depth) * _pair(x, y, (eyes.spacing, eyes.y - 0.03), (0.19, 0.12))
    z += 0.03 * _pair(x, y, (eyes.spacing, eyes.y + 0.01), (0.10, 0.06))
    z += (0.02 + 0.05 * eyes.depth) * _pair(x, y, (0.24, -0.26), (0.26, 0.10))
    z += (0.02 + 0.07 * head.cheekbone) * _pair(x, y, (head.cheek * 0.66, 0.27), (0.22, 0.16))
    z += 0.035 * max(scene.smile, 0.0) * _pair(x, y, (head.cheek * 0.58, 0.30), (0.17, 0.12))
    z += 0.05 * bump(x, y, (0.0, lip), (mouth.width * 1.2, 0.14))
    z -= 0.035 * bump(x, y, (0.0, lip + mouth.lower + 0.06), (0.16, 0.045))
    z += 0.07 * bump(x, y, (0.0, head.chin - 0.13), (head.chin_width * 0.9, 0.12))
    z -= 0.020 * bump(x, y, (0.0, nose.base + 0.09), (0.035, 0.06))
    return np.maximum(z, _hair_dome(identity, x, y))


def _hair_dome(identity: Identity, x: Grid, y: Grid) -> Grid:
    """The rounding of the hair where it stands out from the skull."""
    head, out = identity.head, thickness(identity) + 0.06
    inside = 1.0 - (x / (head.temple + out)) ** 2 - (y / (head.top + out)) ** 2
    dome: Grid = 0.60 * np.sqrt(np.maximum(inside, 0.0))
    return dome


def shading(identity: Identity, scene: Scene, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Light on the head over BOX, uint8 RGB at `size` (width, height); 128 changes nothing."""
    left, top, right, bottom = BOX
    x, y = np.meshgrid(
        np.arange(left, right, _SHADE_STEP), np.arange(top, bottom, _SHADE_STEP), copy=False
    )
    z = surface(identity, scene, x, y)
    nx, ny, nz = _normals(z)
    turn = Turn.of(scene)
    nx, ny, nz = turn.rotate(nx, ny, nz)
    light = _unit(scene.light_x, scene.light_y, 1.1)
    key = np.maximum(0.0, (nx * light[0] + ny * light[1] + nz * light[2]) * 0.82 + 0.18)
    sky = 0.5 - 0.5 * ny
    half = _unit(light[0], light[1], light[2] + 1.0)
    gleam = np.maximum(0.0, nx * half[0] + ny * half[1] + nz * half[2])
    for _ in range(4):
        gleam = gleam * gleam
    lamp = 0.35 + 0.45 * scene.contrast
    value = (1.0 - lamp) * (0.80 + 0.22 * sky + 0.10 * nz) + lamp * (0.28 + 0.92 * key)
    value = 0.95 * value
    value = np.where(value > 1.0, 1.0 + 0.6 * (value - 1.0), value)
    shine = 0.04 + 0.08 * scene.contrast
    # Light that has passed through skin comes out red: shadows lose less red than blue.
    tint = [value + 0.07 * np.maximum(0.0, 0.95 - value), value, value - 0.02 * (1.0 - value)]
    rgb = np.stack([channel + shine * gleam * gleam for channel in tint], axis=2)
    small = np.clip(np.round(rgb * _LIT), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(cv2.GaussianBlur(small, (0, 0), 0.8), size), np.uint8)


def _normals(z: Grid) -> tuple[Grid, Grid, Grid]:
    dy, dx = np.gradient(z, _SHADE_STEP)
    length = np.sqrt(dx * dx + dy * dy + 1.0)
    return -dx / length, -dy / length, 1.0 / length


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    length = (x * x + y * y + z * z) ** 0.5
    return x / length, y / length, z / length


@dataclass(frozen=True, slots=True)
class Turn:
    """A pose's sines and cosines, rounded so that every C library gives the same."""

    yaw: tuple[float, float]
    pitch: tuple[float, float]
    roll: tuple[float, float]

    @classmethod
    def of(cls, scene: Scene) -> "Turn":
        def pair(degrees: float) -> tuple[float, float]:
            radians = degrees * 0.017453292519943295
            return round(math.sin(radians), 9), round(math.cos(radians), 9)

        return cls(pair(scene.yaw), pair(scene.pitch), pair(scene.roll))

    def rotate(self, x: Grid, y: Grid, z: Grid) -> tuple[Grid, Grid, Grid]:
        """Directions on the face to directions in the picture (y down, z to the camera)."""
        x, z = x * self.yaw[1] + z * self.yaw[0], z * self.yaw[1] - x * self.yaw[0]
        y, z = y * self.pitch[1] - z * self.pitch[0], z * self.pitch[1] + y * self.pitch[0]
        x, y = x * self.roll[1] - y * self.roll[0], x * self.roll[0] + y * self.roll[1]
        return x, y, z

    def unroll(self, x: Grid, y: Grid) -> tuple[Grid, Grid]:
        return x * self.roll[1] + y * self.roll[0], y * self.roll[1] - x * self.roll[0]

    def flat(self, depth: float) -> NDArray[np.float64]:
        """The affine map [2, 3] of things that lie at one depth (ears, hair behind, neck)."""
        (sx, cx), (sy, cy), (sr, cr) = self.yaw, self.pitch, self.roll
        a, d, e, f = cx, cy, depth * sx, -depth * sy
        return np.array(
            [[cr * a, -sr * d, cr * e - sr * f], [sr * a, cr * d, sr * e + cr * f]], np.float64
        )


def lookup(identity: Identity, turn: Turn, u: Grid, v: Grid) -> tuple[Grid, Grid]:
    """Where on the face the picture's point (u, v) looks, by fixed-point iteration."""
    u, v = turn.unroll(u, v)
    x, y = u, v
    for _ in range(6):
        depth = skull(identity, x, y)
        x = (u - depth * turn.yaw[0]) / turn.yaw[1]
        y = (v + depth * turn.pitch[0]) / turn.pitch[1]
    return x, y
