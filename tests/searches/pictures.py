"""Valid test pictures in every accepted format, made by code.

`scene` is asymmetric: its four corners are red, green, blue and yellow, so that a wrong turn or
mirroring always shows.
"""

from io import BytesIO

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

CORNERS = ((220, 30, 30), (30, 190, 30), (30, 30, 220), (230, 220, 30))
"""Colours of `scene` at top left, top right, bottom left and bottom right."""

FORMATS = ("JPEG", "PNG", "WEBP", "HEIC", "TIFF", "BMP")

_ORIENTATION = 274
# How a stored picture must be laid down so that a viewer that honours the tag shows it upright.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """An RGB picture, width x height, of four coloured quarters."""
    width, height = size
    pixels = np.empty((height, width, 3), np.uint8)
    for corner, colour in enumerate(CORNERS):
        rows = slice(0, height // 2) if corner < 2 else slice(height // 2, height)
        columns = slice(0, width // 2) if corner % 2 == 0 else slice(width // 2, width)
        pixels[rows, columns] = colour
    return Image.fromarray(pixels)


def make_image(
    format: str,
    size: tuple[int, int] = (96, 64),
    mode: str = "RGB",
    orientation: int = 1,
    **options: object,
) -> bytes:
    """`scene` encoded as `format` (one of FORMATS), seen upright with `size` once decoded.

    `orientation` is the EXIF tag's value; for HEIC the encoder also writes the irot and imir
    properties, as phones do. `options` go to the encoder.
    """
    picture = scene(size).convert(mode)
    if format == "HEIC":
        return _heic(picture, orientation, options)
    if orientation != 1:
        picture = picture.transpose(_STORED[orientation])
        options = {"exif": exif(orientation)} | options
    if format in ("JPEG", "WEBP"):
        options = {"quality": 95} | options
    return save(picture, format, **options)


def save(picture: Image.Image, format: str, **options: object) -> bytes:
    """`picture` encoded by Pillow."""
    out = BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def exif(orientation: int) -> Image.Exif:
    """An EXIF block with an orientation and a comment that must not survive."""
    block = Image.Exif()
    block[_ORIENTATION] = orientation
    block[0x010E] = "MARK-OF-THE-CAMERA"
    return block


def quarters(rgb: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters, in the order of CORNERS."""
    height, width = rgb.shape[:2]
    places = ((1, 1), (1, 3), (3, 1), (3, 3))
    return [tuple(int(c) for c in rgb[height * y // 4, width * x // 4]) for y, x in places]


def same_scene(rgb: NDArray[np.uint8], tolerance: int = 12) -> bool:
    """Whether `rgb` shows `scene` upright, each channel within `tolerance` of 0..255."""
    seen = np.array(quarters(rgb), int)
    return bool(np.abs(seen - np.array(CORNERS, int)).max() <= tolerance)


def _heic(picture: Image.Image, orientation: int, options: dict[str, object]) -> bytes:
    stored = picture.transpose(_STORED[orientation]) if orientation != 1 else picture
    # from_pillow would turn the pixels itself; phones store them as the sensor gave them.
    heif = pillow_heif.from_bytes(stored.mode, stored.size, stored.tobytes())
    heif.info["exif"] = exif(orientation).tobytes()
    out = BytesIO()
    heif.save(out, **({"quality": 90} | options))
    return out.getvalue()
