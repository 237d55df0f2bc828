"""The directory of a TIFF file, read before Pillow and libtiff see it.

Layout and tags: TIFF Revision 6.0, sections 2 and 8.
"""

import struct
from dataclasses import dataclass, field

from searches.decoder.foreign import Foreign, not_accepted
from searches.decoder.headers import Header
from searches.decoder.rejections import ImageRejected

_CODES = {1: "B", 3: "H", 4: "I"}  # BYTE, SHORT, LONG

_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION = 254, 256, 257, 259
_STRIPS, _SAMPLES, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT = 273, 277, 279, 322, 323
_TILES, _TILE_BYTES, _DNG = 324, 325, 50706
_REDUCED, _MASK = 1, 4

# None, LZW, old and new JPEG, Deflate (both numbers), PackBits, CCITT groups 3 and 4. What else
# libtiff knows (LZMA, ZSTD, WebP, JBIG ...) is left out: no camera writes it.
_COMPRESSIONS = {1, 3, 4, 5, 6, 7, 8, 32773, 32946}
_READ = frozenset(
    {_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _STRIPS, _SAMPLES, _STRIP_BYTES}
    | {_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES}
)
_RATIONALS = (5, 10)
MAX_RATIONALS = 4096  # Pillow makes a Python object of each
MAX_ENTRIES = 1024
MAX_SAMPLES = 6
MAX_PAGES = 64
MAX_PIECES = 262_144
"""Strips or tiles of one picture: 50 megapixels in tiles of 16 x 16 stay below it."""


@dataclass(slots=True)
class _Directory:
    next: int
    numbers: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def first(self, tag: int, otherwise: int) -> int:
        return (self.numbers.get(tag) or (otherwise,))[0]


def read_tiff(data: bytes) -> Header:
    """The first page; reduced-resolution copies and masks after it do not count as pages."""
    order = "<" if data[:2] == b"II" else ">"
    at = _unpack(data, order + "I", 4)[0]
    first = _directory(data, order, at)
    subfile = first.first(_SUBFILE, 0)
    if _DNG in first.numbers or subfile & _REDUCED:
        # Raw files begin with a preview and keep the picture in a place only raw converters read.
        raise not_accepted(Foreign.RAW)
    if first.first(_COMPRESSION, 1) not in _COMPRESSIONS:
        raise not_accepted(Foreign.UNUSUAL_TIFF)
    if first.first(_SAMPLES, 1) > MAX_SAMPLES:
        raise ImageRejected("image_damaged")
    width, height = first.first(_WIDTH, 0), first.first(_HEIGHT, 0)
    tile = first.first(_TILE_WIDTH, 1), first.first(_TILE_HEIGHT, 1)
    pages = _pages(data, order, at, first.next)
    return Header(width, height, pages, _complete(data, first), tile)


def _pages(data: bytes, order: str, first: int, following: int) -> int:
    pages, seen, at = 1, {first}, following
    while at:
        if at in seen:
            raise ImageRejected("image_damaged")
        if len(seen) >= MAX_PAGES:
            raise ImageRejected("image_too_complex")
        seen.add(at)
        page = _directory(data, order, at)
        pages += not page.first(_SUBFILE, 0) & (_REDUCED | _MASK)
        at = page.next
    return pages


def _complete(data: bytes, page: _Directory) -> bool:
    pieces = page.numbers.get(_STRIPS) or page.numbers.get(_TILES) or ()
    lengths = page.numbers.get(_STRIP_BYTES) or page.numbers.get(_TILE_BYTES) or ()
    if not pieces:
        raise ImageRejected("image_damaged")
    ends = [offset + length for offset, length in zip(pieces, lengths, strict=False)]
    return max(ends, default=max(pieces)) <= len(data)


def _directory(data: bytes, order: str, at: int) -> _Directory:
    (count,) = _unpack(data, order + "H", at)
    end = at + 2 + 12 * count
    (following,) = _unpack(data, order + "I", end)
    if count > MAX_ENTRIES:
        raise ImageRejected("image_damaged")
    page = _Directory(following)
    for entry in range(at + 2, end, 12):
        tag, kind, amount = _unpack(data, order + "HHI", entry)
        if tag == _DNG:
            page.numbers[tag] = (1,)
        elif tag in _READ and kind in _CODES:
            page.numbers[tag] = _values(data, order, entry, kind, amount)
        elif kind in _RATIONALS and amount > MAX_RATIONALS:
            raise ImageRejected("image_too_complex")
    return page


def _values(data: bytes, order: str, entry: int, kind: int, amount: int) -> tuple[int, ...]:
    if amount > MAX_PIECES:
        raise ImageRejected("image_too_complex")
    code = _CODES[kind]
    inline = amount * struct.calcsize(code) <= 4
    start = entry + 8 if inline else _unpack(data, order + "I", entry + 8)[0]
    return _unpack(data, f"{order}{amount}{code}", start)


def _unpack(data: bytes, layout: str, at: int) -> tuple[int, ...]:
    if at + struct.calcsize(layout) > len(data):
        raise ImageRejected("image_truncated")
    return struct.unpack_from(layout, data, at)
