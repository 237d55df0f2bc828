"""The boxes of a HEIC file, read before libheif sees it, and the picture that libheif makes of it.

Box layout: ISO/IEC 14496-12 (boxes) and ISO/IEC 23008-12 (items and their properties).
"""

from collections.abc import Iterator
from typing import Any

import pillow_heif
from PIL import Image

from searches.decoder.foreign import Foreign, not_accepted
from searches.decoder.headers import Header, big
from searches.decoder.rejections import ImageLimits, ImageRejected

MAX_BOXES = 8_192
# AV1, JPEG, JPEG 2000, AVC, VVC, EVC, uncompressed and generically compressed items.
_OTHER_CODECS = frozenset(
    (b"av1C", b"jpgC", b"j2kH", b"avcC", b"vvcC", b"evcC", b"uncC", b"cmpd", b"cmpC")
)


def read_heic(data: bytes) -> Header:
    """The largest extent of any item, since each could be made to be decoded."""
    meta: tuple[int, int] | None = None
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"moov":
            # Sequences are films; Candor searches stills.
            raise ImageRejected("image_animated", frames=2)
        if kind == b"meta" and meta is None:
            meta = start + 4, end
    if meta is None:
        raise ImageRejected("image_damaged")
    sizes, codecs = [], set[bytes]()
    for start, end in _inside(data, *meta, b"iprp"):
        for first, last in _inside(data, start, end, b"ipco"):
            for kind, body, stop in _boxes(data, first, last):
                codecs.add(kind)
                if kind == b"ispe" and stop - body >= 12:
                    sizes.append((big(data, body + 4, 4), big(data, body + 8, 4)))
    if codecs & _OTHER_CODECS or b"hvcC" not in codecs:
        raise not_accepted(Foreign.OTHER_HEIF)
    if not sizes:
        raise ImageRejected("image_damaged")
    return Header(*max(sizes, key=lambda size: size[0] * size[1]))


def open_heic(data: bytes, limits: ImageLimits) -> Image.Image:
    """The primary picture, already turned upright.

    libheif applies the rotation and mirroring properties (irot, imir). The EXIF orientation of a
    HEIC file only repeats them and is not applied again (ISO/IEC 23008-12, annex A).
    """
    heif: Any = pillow_heif.open_heif(data)
    if not len(heif):
        raise ImageRejected("image_damaged")
    primary = heif[heif.primary_index]
    limits.check_size(*primary.size)
    picture: Image.Image = primary.to_pillow()
    return picture


def _inside(data: bytes, start: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    for kind, body, stop in _boxes(data, start, end):
        if kind == wanted:
            yield body, stop


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start of the content and end of each box between `at` and `end`."""
    for _ in range(MAX_BOXES):
        if at >= end:
            return
        length, kind, body = big(data, at, 4), data[at + 4 : at + 8], at + 8
        if length == 1:
            length, body = big(data, at + 8, 8), at + 16
        stop = end if length == 0 else at + length
        if stop > end:
            raise ImageRejected("image_truncated" if end == len(data) else "image_damaged")
        if stop < body:
            raise ImageRejected("image_damaged")
        yield kind, body, stop
        at = stop
    raise ImageRejected("image_too_complex")
