"""What a file says about itself, read without decoding a single pixel.

Each reader walks its container's structure in linear time and refuses what a decoder would only
find out about after spending memory or minutes on it.
"""

import re
import struct
import zlib
from dataclasses import dataclass

from searches.decoder.foreign import Foreign, not_accepted
from searches.decoder.rejections import ImageRejected


@dataclass(frozen=True, slots=True)
class Header:
    """Width and height in pixels as stored.

    `frames` counts pictures of equal standing (pages, animation); `complete` is False when the
    file is shorter than its own directory says. `block` is the largest piece that a decoder
    allocates at once, where that can differ from the picture.
    """

    width: int
    height: int
    frames: int = 1
    complete: bool = True
    block: tuple[int, int] = (1, 1)


# mozjpeg's most elaborate scripts use a few dozen scans; each scan is a pass over all pixels, so
# that a 25 MB file of empty scans would keep a processor busy for hours.
MAX_JPEG_SCANS = 64
MAX_CHUNKS = 65_536
MAX_PACKED = 256
"""Compressed texts and profiles in one PNG; each may unpack to a megabyte."""
_PACKED = (b"zTXt", b"iTXt", b"iCCP")
# Pillow reads what lies between two segments byte by byte.
_MAX_JPEG_FILL = 4096
_BMP_HEAD = 54  # file header and BITMAPINFOHEADER; no smaller file holds an acceptable picture

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, 0xD8})


def read_jpeg(data: bytes) -> Header:
    """The first frame of the first picture; what follows its end (MPO, ZIP) is never looked at."""
    size: tuple[int, int] | None = None
    scans, at = 0, 2
    for _ in range(MAX_CHUNKS):
        marker = _MARKER.search(data, at)
        if marker is None or data[marker.start() + 1] == 0xD9:
            break
        if not scans and marker.start() - at > _MAX_JPEG_FILL:
            raise ImageRejected("image_damaged")
        code, at = data[marker.start() + 1], marker.end()
        if code in _ALONE:
            continue
        length = big(data, at, 2)
        if code in _FRAMES and size is None:
            size = big(data, at + 5, 2), big(data, at + 3, 2)
        scans += code == 0xDA
        if scans > MAX_JPEG_SCANS:
            raise ImageRejected("image_too_complex")
        at += length
    else:
        raise ImageRejected("image_too_complex")
    if size is None or scans == 0:
        raise ImageRejected("image_truncated" if at >= len(data) else "image_damaged")
    return Header(*size)


def read_png(data: bytes) -> Header:
    """Checks every chunk's length and CRC, which Pillow leaves out for the pixels."""
    size: tuple[int, int] | None = None
    frames, packed, at = 1, 0, 8
    for _ in range(MAX_CHUNKS):
        length, kind = big(data, at, 4), data[at + 4 : at + 8]
        end = at + 8 + length
        if big(data, end, 4) != zlib.crc32(data[at + 4 : end]):
            raise ImageRejected("image_damaged")
        if (kind == b"IHDR") != (size is None):
            raise ImageRejected("image_damaged")
        packed += kind in _PACKED
        if packed > MAX_PACKED:
            raise ImageRejected("image_too_complex")
        if kind == b"IHDR":
            size = big(data, at + 8, 4), big(data, at + 12, 4)
        elif kind == b"acTL":
            frames = max(frames, big(data, at + 8, 4))
        elif kind == b"IEND" and size is not None:
            return Header(*size, frames)
        at = end + 4
    raise ImageRejected("image_too_complex")


def read_webp(data: bytes) -> Header:
    """The canvas of VP8X, or the frame of a plain VP8 or VP8L file."""
    end = 8 + little(data, 4, 4)
    if end > len(data):
        raise ImageRejected("image_truncated")
    size: tuple[int, int] | None = None
    frames, at, chunks = 0, 12, 0
    while at + 8 <= end:
        kind, length = data[at : at + 4], little(data, at + 4, 4)
        if at + 8 + length > end or (chunks := chunks + 1) > MAX_CHUNKS:
            raise ImageRejected("image_damaged")
        if size is None:
            size = _webp_size(kind, data[at + 8 : at + 8 + min(length, 10)])
        frames += kind == b"ANMF"
        at += 8 + length + (length & 1)
    if size is None:
        raise ImageRejected("image_damaged")
    return Header(*size, max(frames, 1))


def read_bmp(data: bytes) -> Header:
    """Uncompressed bitmaps only: no camera or program writes photographs run-length coded."""
    if len(data) < _BMP_HEAD:
        raise ImageRejected("image_truncated")
    header, offset = little(data, 14, 4), little(data, 10, 4)
    if header == 12:
        width, height, bits = struct.unpack_from("<HHxxH", data, 18)
        compression = 0
    else:
        width, height, bits, compression = struct.unpack_from("<iixxHI", data, 18)
    if compression not in (0, 3):
        raise not_accepted(Foreign.COMPRESSED_BMP)
    row = (width * bits + 31) // 32 * 4
    end = max(offset, 14 + header) + row * abs(height)
    return Header(width, abs(height), complete=end <= len(data))


def _webp_size(kind: bytes, head: bytes) -> tuple[int, int] | None:
    if kind == b"VP8X":
        return 1 + little(head, 4, 3), 1 + little(head, 7, 3)
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        return little(head, 6, 2) & 0x3FFF, little(head, 8, 2) & 0x3FFF
    if kind == b"VP8L" and head[:1] == b"\x2f":
        bits = little(head, 1, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def big(data: bytes, at: int, width: int) -> int:
    """`width` bytes at `at` as a big-endian number; past the end it is image_truncated."""
    return _number(data, at, width, big=True)


def little(data: bytes, at: int, width: int) -> int:
    """As `big`, for little-endian containers."""
    return _number(data, at, width, big=False)


def _number(data: bytes, at: int, width: int, *, big: bool) -> int:
    part = data[at : at + width]
    if len(part) < width:
        raise ImageRejected("image_truncated")
    return int.from_bytes(part, "big" if big else "little")
