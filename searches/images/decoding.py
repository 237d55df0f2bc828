"""From untrusted bytes to upright sRGB pixels, or to a rejection with a code."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import (
    BmpImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from searches.engines.base import RGBImage
from searches.images.colour import to_srgb
from searches.images.formats import ACCEPTED, Format, sniff
from searches.images.headers import Header, read_bmp, read_jpeg, read_png, read_webp
from searches.images.heic import open_heic, read_heic
from searches.images.quiet import pillow_warnings_ignored, silence_libtiff
from searches.images.rejections import DEFAULT_LIMITS, N_, ImageLimits, ImageRejected
from searches.images.tiff import read_tiff

silence_libtiff()

_ORIENTATION = 274
# What Pillow says of pictures that are whole but of a kind it has no pixels for.
_UNUSUAL = ("unknown pixel mode", "cannot handle")
_READERS: dict[Format, Callable[[bytes], Header]] = {
    Format.JPEG: read_jpeg,
    Format.PNG: read_png,
    Format.WEBP: read_webp,
    Format.HEIC: read_heic,
    Format.TIFF: read_tiff,
    Format.BMP: read_bmp,
}
# The plugins are called by name instead of through Image.open, so that no other one is ever run.
_PLUGINS: dict[Format, Callable[[BytesIO], Image.Image]] = {
    Format.JPEG: JpegImagePlugin.JpegImageFile,
    Format.PNG: PngImagePlugin.PngImageFile,
    Format.WEBP: WebPImagePlugin.WebPImageFile,
    Format.TIFF: TiffImagePlugin.TiffImageFile,
    Format.BMP: BmpImagePlugin.BmpImageFile,
}


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """`rgb` is [height, width, 3], upright sRGB and contiguous; `sha256` and `size` (in bytes)
    are of the file as it was sent."""

    rgb: RGBImage
    format: str
    media_type: str
    sha256: str
    size: int

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])


def decode(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> DecodedImage:
    """Open one still picture of an accepted format.

    Raises ImageRejected and nothing else. Reads neither disk nor network, needs no Django
    settings, may be called from several threads. Of phone files with several pictures (MPO,
    HEIC) the first or primary one is taken.
    """
    if not data:
        raise ImageRejected("image_empty")
    if len(data) > limits.max_bytes:
        raise ImageRejected(
            "image_too_many_bytes", megabytes=len(data) / 2**20, limit=limits.max_bytes / 2**20
        )
    kind = sniff(data)
    with pillow_warnings_ignored(), _rejections(limits):
        _check(kind, data, limits)
        rgb = _pixels(kind, data, limits)
    height, width, _ = rgb.shape
    limits.check_size(width, height)
    return DecodedImage(
        rgb, str(kind), ACCEPTED[kind].media_type, hashlib.sha256(data).hexdigest(), len(data)
    )


def _check(kind: Format, data: bytes, limits: ImageLimits) -> None:
    header = _READERS[kind](data)
    limits.check_size(header.width, header.height)
    limits.check_block(*header.block)
    if header.frames > limits.max_frames:
        raise ImageRejected("image_animated", frames=header.frames)
    if not header.complete:
        raise ImageRejected("image_truncated")


def _pixels(kind: Format, data: bytes, limits: ImageLimits) -> RGBImage:
    if kind is Format.HEIC:
        return np.array(to_srgb(open_heic(data, limits)))
    with _PLUGINS[kind](BytesIO(data)) as picture:
        limits.check_size(*picture.size)
        rgb = np.asarray(to_srgb(picture))
        # Pillow turns TIFF pictures itself while loading them.
        turned = rgb if kind is Format.TIFF else _upright(rgb, _orientation(picture))
        return np.array(turned, order="C")


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF takes every shape, and the pixels are there all the same
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(rgb: RGBImage, orientation: int) -> RGBImage:
    """`rgb` as EXIF 2.32 (tag 274) says it is to be shown."""
    if orientation in (5, 6, 7, 8):
        rgb = rgb.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    return rgb


@contextmanager
def _rejections(limits: ImageLimits) -> Iterator[None]:
    """Whatever a decoder raises, as a rejection."""
    try:
        yield
    except ImageRejected:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise limits.too_large() from error
    except EOFError as error:
        raise ImageRejected("image_truncated") from error
    except Exception as error:  # decoders of foreign bytes raise anything: struct.error, KeyError
        said = str(error).lower()
        if said.startswith(_UNUSUAL):
            raise ImageRejected(
                "image_format_not_accepted", found=N_("a picture with an unusual kind of pixels")
            ) from error
        raise ImageRejected(
            "image_truncated" if "truncated" in said else "image_damaged"
        ) from error
