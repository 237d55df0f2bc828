"""Pictures for pages and reports, made of decoded pixels and so free of all metadata."""

import math
from io import BytesIO

import numpy as np
from PIL import Image

from searches.engines.base import Box, RGBImage

_GREY = 128


def encode_jpeg(rgb: RGBImage, *, quality: int = 90) -> bytes:
    """`rgb` [height, width, 3] as a JPEG with nothing in it but pixels; `quality` is 1..95."""
    out = BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", quality=quality, subsampling="4:4:4")
    return out.getvalue()


def thumbnail(rgb: RGBImage, longest: int) -> RGBImage:
    """`rgb` scaled down so that its longer side has `longest` pixels; smaller ones unchanged."""
    height, width = rgb.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1.0:
        return rgb
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(small)


def crop(rgb: RGBImage, box: Box, *, margin: float, size: int) -> RGBImage:
    """The square around a face, [size, size, 3].

    Its side is the box's longer side with `margin` of that length added on each of the two ends
    (0 adds nothing, 0.5 doubles it). Where the square leaves the picture the result is grey:
    repeated edges would look like something that was there.
    Raises ValueError for a box without area, not finite, or entirely outside the picture.
    """
    height, width = rgb.shape[:2]
    side = max(box.width, box.height) * (1.0 + 2.0 * margin)
    if not (math.isfinite(side) and box.area > 0.0 and side > 0.0):
        raise ValueError("the box has no finite area")
    # Boxes count from pixel centres, Pillow from pixel edges: half a pixel between them.
    left = (box.left + box.right) / 2 + 0.5 - side / 2
    top = (box.top + box.bottom) / 2 + 0.5 - side / 2
    seen = max(left, 0.0), max(top, 0.0), min(left + side, width), min(top + side, height)
    if seen[0] >= seen[2] or seen[1] >= seen[3]:
        raise ValueError("the box lies outside the picture")
    scale = size / side
    x, y = round((seen[0] - left) * scale), round((seen[1] - top) * scale)
    wide = max(1, round((seen[2] - left) * scale) - x)
    high = max(1, round((seen[3] - top) * scale) - y)
    # Only the part around the face is handed to Pillow: it copies what it is given.
    first_x, first_y = int(seen[0]), int(seen[1])
    around = rgb[first_y : math.ceil(seen[3]), first_x : math.ceil(seen[2])]
    inside = seen[0] - first_x, seen[1] - first_y, seen[2] - first_x, seen[3] - first_y
    small = Image.fromarray(np.ascontiguousarray(around))
    part = small.resize((wide, high), Image.Resampling.LANCZOS, box=inside)
    square = np.full((size, size, 3), _GREY, np.uint8)
    square[y : y + high, x : x + wide] = np.asarray(part)[: size - y, : size - x]
    return square
