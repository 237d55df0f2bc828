"""Which format a file is, judged by its first bytes and never by its name."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from searches.decoder.foreign import Foreign, not_accepted
from searches.decoder.rejections import ImageRejected


class Format(StrEnum):
    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    HEIC = "HEIC"
    TIFF = "TIFF"
    BMP = "BMP"


@dataclass(frozen=True, slots=True)
class Naming:
    media_type: str
    suffixes: frozenset[str]


ACCEPTED: dict[str, Naming] = {
    Format.JPEG: Naming("image/jpeg", frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"})),
    Format.PNG: Naming("image/png", frozenset({".png"})),
    Format.WEBP: Naming("image/webp", frozenset({".webp"})),
    Format.HEIC: Naming("image/heic", frozenset({".heic", ".heif", ".hif"})),
    Format.TIFF: Naming("image/tiff", frozenset({".tif", ".tiff"})),
    Format.BMP: Naming("image/bmp", frozenset({".bmp", ".dib"})),
}

# BITMAPCOREHEADER, BITMAPINFOHEADER and its versions 2 to 5, and OS/2's BITMAPCOREHEADER2.
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"msf1", b"mif2"}

_REFUSED: tuple[tuple[re.Pattern[bytes], Foreign], ...] = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (rb"GIF8[79]a", Foreign.GIF),
        (rb"%PDF-", Foreign.PDF),
        (rb"(\xc5\xd0\xd3\xc6|%!PS)", Foreign.POSTSCRIPT),
        (rb"8BPS", Foreign.PHOTOSHOP),
        (rb"\x00\x00[\x01\x02]\x00[\x01-\xff]\x00", Foreign.ICON),
        (rb"(\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51)", Foreign.JPEG_2000),
        (rb"(\xff\x0a|\x00\x00\x00\x0cJXL )", Foreign.JPEG_XL),
        (rb"qoif", Foreign.QOI),
        (rb".{128}DICM", Foreign.DICOM),
        (rb"P[1-7Ff][\s#]", Foreign.NETPBM),
        (rb"(II\x2b\x00|MM\x00\x2b)", Foreign.BIGTIFF),
        (rb"II\x2a\x00.{4}CR", Foreign.RAW),
        (rb"(FUJIFILMCCD-RAW|IIRO|IIRS|IIU\x00)", Foreign.RAW),
        (rb"RIFF.{4}(AVI |WAVE)", Foreign.VIDEO_OR_SOUND),
        (rb"\x1aE\xdf\xa3", Foreign.VIDEO),
        (rb"(DDS |SIMPLE  =|\x76\x2f\x31\x01|#\?RADIANCE)", Foreign.SPECIAL),
    )
)
_SVG = re.compile(rb"\A(\xef\xbb\xbf)?\s*(<\?xml|<!--|<!DOCTYPE svg|<svg)[^\x00]{0,2048}?<svg\b|"
                  rb"\A(\xef\xbb\xbf)?\s*<svg\b", re.IGNORECASE)  # fmt: skip


def sniff(data: bytes) -> Format:
    """The accepted format of `data`.

    Raises ImageRejected: image_format_not_accepted for pictures and documents that are known but
    not opened, image_unknown_format for anything else.
    """
    found = _accepted(data)
    if found is not None:
        return found
    if data[4:8] == b"ftyp":
        raise not_accepted(_media_name(data))
    for pattern, name in _REFUSED:
        if pattern.match(data):
            raise not_accepted(name)
    if _SVG.match(data[:4096]):
        raise not_accepted(Foreign.SVG)
    raise ImageRejected("image_unknown_format")


def name_matches(format: str, filename: str) -> bool:
    """Whether the file name's suffix is one of the format's own."""
    return PurePath(filename).suffix.lower() in ACCEPTED[format].suffixes


def _accepted(data: bytes) -> Format | None:
    if data.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Format.WEBP
    if data.startswith((b"II\x2a\x00", b"MM\x00\x2a")) and data[8:10] != b"CR":
        return Format.TIFF
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return Format.BMP
    if data[4:8] == b"ftyp":
        major, brands = _brands(data)
        if major in _HEIC_BRANDS or (major in _HEIF_BRANDS and brands & _HEIC_BRANDS):
            return Format.HEIC
    return None


def _brands(data: bytes) -> tuple[bytes, set[bytes]]:
    end = min(int.from_bytes(data[:4], "big"), 256, len(data))
    return data[8:12], {data[at : at + 4] for at in range(16, end - 3, 4)}


def _media_name(data: bytes) -> Foreign:
    major, brands = _brands(data)
    if major in (b"avif", b"avis") or brands & {b"avif", b"avis"}:
        return Foreign.AVIF
    if major == b"crx ":
        return Foreign.RAW
    if major in _HEIF_BRANDS:
        return Foreign.OTHER_HEIF
    return Foreign.VIDEO
