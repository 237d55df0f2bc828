"""What may be done to a probe, and nothing else: each operation moves, weighs or drops pixels.

Nothing here invents content: no model, no filling in, no sharpening. An operation has its limits
in its own class; parameters that are not exactly those are refused, so that the list of a probe's
edits says all that was done to it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from io import BytesIO
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from searches.decoder.rejections import ImageLimits
from searches.engines.base import RGBImage

_GREY = (128, 128, 128)
_MIDDLE = 127.5  # contrast leaves this level as it is


class Operation(StrEnum):
    CROP = "crop"
    ROTATE = "rotate"
    BRIGHTNESS_CONTRAST = "brightness_contrast"
    DEINTERLACE = "deinterlace"
    SCALE = "scale"


class EditRefused(Exception):
    """An edit that is not done. `code` is stable; searches.faults has the words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Edit:
    """One operation with its parameters, valid for some picture.

    `apply` is a function of the pixels alone: the same picture gives the same result.
    """

    operation: ClassVar[Operation]

    def apply(self, rgb: RGBImage, limits: ImageLimits) -> RGBImage:
        """The derivative [height, width, 3]. Raises EditRefused when it cannot be made."""
        raise NotImplementedError

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Crop(Edit):
    """The rectangle that begins at (left, top), in whole pixels, entirely inside the picture."""

    operation = Operation.CROP
    left: int
    top: int
    width: int
    height: int

    def __post_init__(self) -> None:
        _check(all(_is_whole(value) for value in asdict(self).values()))
        _check(self.left >= 0 and self.top >= 0 and self.width >= 1 and self.height >= 1)

    def apply(self, rgb: RGBImage, limits: ImageLimits) -> RGBImage:
        height, width = rgb.shape[:2]
        right, bottom = self.left + self.width, self.top + self.height
        _check(right <= width and bottom <= height)
        _check_size(self.width, self.height, limits)
        _check_effect((self.width, self.height) != (width, height))
        return rgb[self.top : bottom, self.left : right].copy()


@dataclass(frozen=True, slots=True)
class Rotate(Edit):
    """Clockwise; the canvas grows so that nothing is lost, and its new corners are grey."""

    operation = Operation.ROTATE
    degrees: float

    def __post_init__(self) -> None:
        _check(_is_number(self.degrees) and -180 <= self.degrees <= 180)
        _check_effect(self.degrees != 0)

    def apply(self, rgb: RGBImage, limits: ImageLimits) -> RGBImage:
        height, width = rgb.shape[:2]
        if self.degrees % 90 == 0:  # exact, whatever the interpolation would make of it
            return np.ascontiguousarray(np.rot90(rgb, -int(self.degrees // 90)))
        angle = math.radians(self.degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        wide = math.ceil(width * abs(cos) + height * abs(sin))
        high = math.ceil(width * abs(sin) + height * abs(cos))
        _check_size(wide, high, limits)
        # Pillow asks where in the original each pixel of the result comes from.
        across = width / 2 - cos * wide / 2 - sin * high / 2
        down = height / 2 + sin * wide / 2 - cos * high / 2
        turned = Image.fromarray(rgb).transform(
            (wide, high),
            Image.Transform.AFFINE,
            (cos, sin, across, -sin, cos, down),
            Image.Resampling.BICUBIC,
            fillcolor=_GREY,
        )
        return np.array(turned)


@dataclass(frozen=True, slots=True)
class BrightnessContrast(Edit):
    """Both from -100 to 100, the same for every pixel and channel.

    `contrast` spreads (up to twice) or narrows (down to nothing) the levels around the middle,
    then `brightness` shifts them by as many hundredths of the range; what leaves it is cut off.
    """

    operation = Operation.BRIGHTNESS_CONTRAST
    brightness: int
    contrast: int

    def __post_init__(self) -> None:
        for value in (self.brightness, self.contrast):
            _check(_is_whole(value) and -100 <= value <= 100)
        _check_effect((self.brightness, self.contrast) != (0, 0))

    def apply(self, rgb: RGBImage, limits: ImageLimits) -> RGBImage:
        levels = np.arange(256, dtype=np.float64)
        spread = (levels - _MIDDLE) * (100 + self.contrast) / 100 + _MIDDLE
        shifted = spread + self.brightness * 255 / 100
        table: NDArray[np.uint8] = np.floor(np.clip(shifted, 0, 255) + 0.5).astype(np.uint8)
        return table[rgb]


@dataclass(frozen=True, slots=True)
class Deinterlace(Edit):
    """Keep one of the two half pictures of old video: the `odd` lines (1, 3, 5 ...) or the `even`.

    The lines between become the mean of the kept ones above and below.
    """

    operation = Operation.DEINTERLACE
    lines: str

    def __post_init__(self) -> None:
        _check(self.lines in ("odd", "even"))

    def apply(self, rgb: RGBImage, limits: ImageLimits) -> RGBImage:
        first = 0 if self.lines == "odd" else 1
        kept = rgb[first::2].astype(np.uint16)
        # Beyond the first and the last kept line there is nothing to mix: they are repeated.
        padded = np.concatenate([kept[:1], kept, kept[-1:]])
        between = ((padded[:-1] + padded[1:] + 1) // 2).astype(np.uint8)
        result = rgb.copy()
        made = result[1 - first :: 2]
        made[:] = between[1 - first :][: len(made)]
        return result


@dataclass(frozen=True, slots=True)
class Scale(Edit):
    """Both sides by the same factor, 0.25 to 4, by Lanczos interpolation."""

    operation = Operation.SCALE
    factor: float

    def __post_init__(self) -> None:
        _check(_is_number(self.factor) and 0.25 <= self.factor <= 4)
        _check_effect(self.factor != 1)

    def apply(self, rgb: RGBImage, limits: ImageLimits) -> RGBImage:
        height, width = rgb.shape[:2]
        size = round(width * self.factor), round(height * self.factor)
        _check_size(*size, limits)
        return np.array(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


_EDITS: dict[Operation, type[Edit]] = {
    kind.operation: kind for kind in (Crop, Rotate, BrightnessContrast, Deinterlace, Scale)
}


def read_edit(operation: str, parameters: Mapping[str, Any]) -> Edit:
    """An edit from its stored or submitted values. Raises EditRefused for anything else."""
    try:
        kind = _EDITS[Operation(operation)]
    except ValueError as error:
        raise EditRefused("edit_unknown") from error
    make: Callable[..., Edit] = kind
    if set(parameters) != {field.name for field in fields(kind)}:
        raise EditRefused("edit_unknown")
    return make(**parameters)


def encode_png(rgb: RGBImage) -> bytes:
    """`rgb` without loss and with nothing in it but pixels."""
    out = BytesIO()
    Image.fromarray(rgb).save(out, "PNG", compress_level=3)
    return out.getvalue()


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def _check(is_in_range: bool) -> None:
    if not is_in_range:
        raise EditRefused("edit_out_of_range")


def _check_effect(changes_something: bool) -> None:
    """A list of edits in which some changed nothing would be harder to trust."""
    if not changes_something:
        raise EditRefused("edit_without_effect")


def _check_size(width: int, height: int, limits: ImageLimits) -> None:
    if min(width, height) < limits.min_side:
        raise EditRefused("edit_too_small")
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise EditRefused("edit_too_large")
