"""Pictures of the zygote's own, opened before any other: whatever is loaded late is there then."""

from io import BytesIO

from PIL import Image

from searches.decoder.formats import Format
from searches.decoder.opening import open_picture
from searches.decoder.rejections import DEFAULT_LIMITS

_SIDE = 32


def warm_up() -> bytes:
    """Open one picture of each format that Pillow writes; libheif is loaded with its module.

    A small JPEG, for each decoder to begin with: what a fresh process pays for its first picture
    is paid before there is one.
    """
    made = {}
    for format in Format:
        if format is not Format.HEIC:
            out = BytesIO()
            Image.new("RGB", (_SIDE, _SIDE)).save(out, format)
            made[format] = out.getvalue()
            open_picture(made[format], DEFAULT_LIMITS)
    return made[Format.JPEG]
