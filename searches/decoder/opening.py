"""From untrusted bytes to upright sRGB pixels, or to a rejection with a code: the decoders."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import (
    BmpImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from searches.decoder.colour import to_srgb
from searches.decoder.foreign import Foreign, not_accepted
from searches.decoder.formats import Format, sniff
from searches.decoder.headers import Header, read_bmp, read_jpeg, read_png, read_webp
from searches.decoder.heic import open_heic, read_heic
from searches.decoder.quiet import silence_libtiff
from searches.decoder.rejections import ImageLimits, ImageRejected
from searches.decoder.tiff import read_tiff

silence_libtiff()

_ORIENTATION = 274
# What brings a picture upright, by its orientation (EXIF 2.32, tag 274).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
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


def open_picture(data: bytes, limits: ImageLimits) -> tuple[Format, Image.Image]:
    """The format of one still picture, and its upright pixels as sRGB.

    Raises ImageRejected and nothing else. Reads neither disk nor network. Of phone files with
    several pictures (MPO, HEIC) the first or primary one is taken.

    Hostile bytes may take over what this calls: it runs in a process of its own, and
    searches.images.decode is what everybody else asks.
    """
    kind = sniff(data)
    with _rejections(limits):
        _check(kind, data, limits)
        upright = _pixels(kind, data, limits)
    limits.check_size(*upright.size)
    return kind, upright


def _check(kind: Format, data: bytes, limits: ImageLimits) -> None:
    header = _READERS[kind](data)
    limits.check_size(header.width, header.height)
    limits.check_block(*header.block)
    if header.frames > limits.max_frames:
        raise ImageRejected("image_animated", frames=header.frames)
    if not header.complete:
        raise ImageRejected("image_truncated")


def _pixels(kind: Format, data: bytes, limits: ImageLimits) -> Image.Image:
    if kind is Format.HEIC:
        return to_srgb(open_heic(data, limits))
    with _PLUGINS[kind](BytesIO(data)) as picture:
        limits.check_size(*picture.size)
        rgb = to_srgb(picture)
        # Pillow turns TIFF pictures itself while loading them.
        turn = None if kind is Format.TIFF else _TURNS.get(_orientation(picture))
        return rgb.copy() if turn is None else rgb.transpose(turn)


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF takes every shape, and the pixels are there all the same
        return 1
    return value if isinstance(value, int) else 1


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
            raise not_accepted(Foreign.UNUSUAL_PIXELS) from error
        raise ImageRejected(
            "image_truncated" if "truncated" in said else "image_damaged"
        ) from error
