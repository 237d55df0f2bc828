"""Files that people and attackers upload instead of pictures, each made by code.

`HOSTILE` holds (name, maker, the code that `decode` must give); `HARMLESS` holds odd files that are
pictures all the same and must open. Nothing here is dangerous to keep: the bombs are headers.
"""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO

from PIL import Image

from tests.searches.pictures import FORMATS, exif, make_image, save, scene

HostileFile = tuple[str, Callable[[], bytes], str]

SCRIPT = b"<script>alert(document.cookie)</script>"
PHP = b"<?php system($_GET['c']); ?>"


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk with its right CRC."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *extra: bytes, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG that claims width x height; without `extra` chunks its pixels fit the claim."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    body = extra or (chunk(b"IDAT", zlib.compress((b"\0" + b"\x7f" * 3 * width) * height)),)
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(body) + chunk(b"IEND", b"")


def with_chunks(*chunks: bytes) -> bytes:
    """A good PNG with more chunks between its header and its pixels."""
    good = make_image("PNG")
    return good[:33] + b"".join(chunks) + good[33:]


def tiff(
    *entries: tuple[int, int, int, int], following: int = 0, tail: bytes = b"", size: int = 32
) -> bytes:
    """A little-endian grey TIFF, `size` pixels a side.

    `entries` are (tag, type, count, value) and replace or add tags; a count of 0 removes one.
    """
    pixels = bytes(range(size)) * size
    tags = {
        256: (4, 1, size),
        257: (4, 1, size),
        258: (3, 1, 8),
        259: (3, 1, 1),
        262: (3, 1, 1),
        273: (4, 1, 8),
        277: (3, 1, 1),
        278: (4, 1, size),
        279: (4, 1, size * size),
    }
    tags |= {tag: (kind, amount, value) for tag, kind, amount, value in entries}
    at = 8 + len(pixels)
    body = b"".join(
        struct.pack("<HHI", tag, kind, amount)
        + (struct.pack("<HH", value, 0) if kind == 3 and amount == 1 else struct.pack("<I", value))
        for tag, (kind, amount, value) in sorted(tags.items())
        if amount
    )
    count = sum(1 for _, amount, _ in tags.values() if amount)
    directory = struct.pack("<H", count) + body + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", at) + pixels + directory + tail


TIFF_DIRECTORY = 8 + 32 * 32


def bmp(width: int, height: int, *, bits: int = 24, compression: int = 0, body: int = 96) -> bytes:
    """A bitmap header with `body` bytes of pixels after it."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + body, 0, 0, 54) + info + bytes(body)


def riff(*chunks: tuple[bytes, bytes], length: int | None = None) -> bytes:
    """A WebP container; `length` overrides what the RIFF header says."""
    body = b"WEBP"
    for kind, content in chunks:
        body += kind + struct.pack("<I", len(content)) + content + bytes(len(content) & 1)
    return b"RIFF" + struct.pack("<I", len(body) if length is None else length) + body


def box(kind: bytes, body: bytes) -> bytes:
    """An ISO base media box."""
    return struct.pack(">I", len(body) + 8) + kind + body


HEIC_BRAND = box(b"ftyp", b"heic\0\0\0\0mif1heic")


def jpeg_frame(width: int, height: int, *, bits: int = 8) -> bytes:
    """A JPEG that goes as far as its first scan's header."""
    good = make_image("JPEG")
    at = good.index(b"\xff\xc0")
    return good[: at + 4] + struct.pack(">BHH", bits, height, width) + good[at + 9 :]


def _jpeg_scans() -> bytes:
    good = make_image("JPEG", progressive=True)
    first = good.index(b"\xff\xda")
    second = good.index(b"\xff\xda", first + 2)
    return good[:second] + good[first:second] * 500 + good[second:]


def _jpeg_bad_segment() -> bytes:
    return b"\xff\xd8\xff\xe0\xff\xff" + b"JFIF\0" + bytes(40)


def _truncated(format: str) -> Callable[[], bytes]:
    def make() -> bytes:
        whole = make_image(format, (256, 192))
        return whole[: len(whole) * 6 // 10]

    return make


def _zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", bytes(1000))
    return out.getvalue()


def _zip_bomb() -> bytes:
    return gzip.compress(bytes(4 * 2**20))


def _frames(format: str) -> bytes:
    other = scene().transpose(Image.Transpose.ROTATE_180)
    return save(scene(), format, save_all=True, append_images=[other], duration=100)


def _crc(kind: bytes) -> bytes:
    good = bytearray(make_image("PNG"))
    at = good.index(kind) - 4
    good[at + 8 + int.from_bytes(good[at : at + 4], "big")] ^= 1
    return bytes(good)


def _icc_bomb() -> bytes:
    return with_chunks(_profile(64 * 2**20))


def _profile(size: int) -> bytes:
    return chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(size), 9))


def _text_bomb() -> bytes:
    return with_chunks(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64 * 2**20), 9)))


def _heic_patched(old: bytes, new: bytes) -> Callable[[], bytes]:
    def make() -> bytes:
        whole = make_image("HEIC", (96, 64))
        if old not in whole:
            raise AssertionError("the encoder's output no longer holds what is to be replaced")
        return whole.replace(old, new)

    return make


def _size(width: int, height: int) -> bytes:
    return struct.pack(">II", width, height)


def _heic_sequence() -> bytes:
    return box(b"ftyp", b"hevc\0\0\0\0msf1hevc") + box(b"moov", bytes(64)) + box(b"mdat", bytes(64))


def _many_pages() -> bytes:
    page = struct.pack("<HHHIII", 1, 256, 4, 1, 1, 0)
    start = len(tiff())
    links = [start + (n + 1) * len(page) for n in range(1000)]
    chain = b"".join(page[:-4] + struct.pack("<I", link) for link in links) + page
    return tiff(following=start, tail=chain)


def _dng() -> bytes:
    return tiff((50706, 1, 4, 0x00000401))


def _text(body: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    return lambda: body.encode(encoding)


def _bytes(body: bytes) -> Callable[[], bytes]:
    return lambda: body


_UNKNOWN: Sequence[HostileFile] = [
    (name, _bytes(body), "image_unknown_format")
    for name, body in (
        ("only nulls", bytes(4096)),
        ("plain text", b"Wanted: blue Ford, last seen on Tuesday.\n" * 20),
        ("utf-16 text", "Das ist kein Bild.".encode("utf-16")),
        ("text that starts like a bitmap", b"BMW seen leaving the car park at 14:20"),
        ("html page with script named photo.jpg", b"<!DOCTYPE html><html>" + SCRIPT + b"</html>"),
        ("php script named photo.png", PHP),
        ("shell script", b"#!/bin/sh\nrm -rf /\n"),
        ("linux program named photo.jpg", b"\x7fELF\x02\x01\x01" + bytes(200)),
        ("windows program named photo.jpg", b"MZ\x90\0" + bytes(200)),
        ("java class", b"\xca\xfe\xba\xbe" + bytes(100)),
        ("zip archive", _zip()),
        ("gzip bomb", _zip_bomb()),
        ("sqlite database", b"SQLite format 3\0" + bytes(100)),
        ("one byte", b"\xff"),
        ("start of image marker only", b"\xff\xd8"),
        ("png signature broken by a text transfer", make_image("PNG").replace(b"\r\n", b"\n", 1)),
    )
]

_REFUSED: Sequence[HostileFile] = [
    (name, maker, "image_format_not_accepted")
    for name, maker in (
        ("svg with script", _bytes(b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT)),
        (
            "svg with external entity",
            _text(
                '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                "<svg><text>&x;</text></svg>"
            ),
        ),
        ("pdf", _bytes(b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj")),
        ("eps with commands", _bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (w) file\n")),
        ("eps with preview header", _bytes(b"\xc5\xd0\xd3\xc6" + bytes(60))),
        ("gif still", lambda: save(scene().convert("P"), "GIF")),
        ("gif animation", lambda: _frames("GIF")),
        ("windows icon", lambda: save(scene(), "ICO", sizes=[(32, 32)])),
        ("photoshop header", _bytes(b"8BPS\0\1" + bytes(60))),
        ("jpeg 2000", lambda: save(scene(), "JPEG2000")),
        ("jpeg xl codestream", _bytes(b"\xff\x0a" + bytes(60))),
        ("avif", lambda: save(scene(), "AVIF")),
        ("qoi", _bytes(b"qoif" + _size(32, 32) + b"\3\0" + bytes(60))),
        ("dicom", _bytes(bytes(128) + b"DICM" + bytes(60))),
        ("netpbm", lambda: save(scene(), "PPM")),
        ("openexr", _bytes(b"\x76\x2f\x31\x01" + bytes(60))),
        ("bigtiff", _bytes(b"II\x2b\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + bytes(60))),
        ("canon raw", _bytes(b"II*\0\x10\0\0\0CR\2\0" + bytes(60))),
        ("adobe digital negative", _dng),
        ("raw file that starts with its preview", lambda: tiff((254, 4, 1, 1))),
        ("mp4 video", _bytes(box(b"ftyp", b"isom\0\0\2\0isomiso2") + box(b"mdat", bytes(60)))),
        ("heif with an av1 picture", _heic_patched(b"hvcC", b"av1C")),
        ("tiff with an exotic compression", lambda: tiff((259, 3, 1, 34925))),
        ("bmp with run length compression", lambda: bmp(32, 32, bits=8, compression=1)),
        ("jpeg with 12 bits a sample", lambda: jpeg_frame(64, 64, bits=12)),
        ("bmp wrapping a jpeg", lambda: bmp(32, 32, bits=24, compression=4)),
    )
]

_ANIMATED: Sequence[HostileFile] = [
    ("animated png", lambda: _frames("PNG"), "image_animated"),
    ("animated webp", lambda: _frames("WEBP"), "image_animated"),
    ("multi-page tiff", lambda: _frames("TIFF"), "image_animated"),
    ("heic sequence", _heic_sequence, "image_animated"),
]

_SIZES: Sequence[HostileFile] = [
    ("empty file", _bytes(b""), "image_empty"),
    ("26 MB of jpeg", lambda: make_image("JPEG") + bytes(26 * 2**20), "image_too_many_bytes"),
    ("one pixel", lambda: png(1, 1), "image_too_small"),
    ("tracking pixel strip", lambda: png(4000, 1), "image_too_small"),
    ("png of 50000 x 50000", lambda: png(50_000, 50_000, chunk(b"IDAT", b"")), "image_too_large"),
    ("png of 2 gigapixels a side", lambda: png(2**31 - 1, 2**31 - 1, chunk(b"IDAT", b"")),
     "image_too_large"),
    ("jpeg of 65500 x 65500", lambda: jpeg_frame(65_500, 65_500), "image_too_large"),
    ("webp canvas of 16 million a side",
     lambda: riff((b"VP8X", bytes(4) + b"\xff" * 6)), "image_too_large"),
    ("webp lossless of 16384 x 16384",
     lambda: riff((b"VP8L", b"\x2f" + (0x0FFFFFFF).to_bytes(4, "little") + bytes(40))),
     "image_too_large"),
    ("tiff of 4 gigapixels a side",
     lambda: tiff((256, 4, 1, 2**32 - 1), (257, 4, 1, 2**32 - 1)), "image_too_large"),
    ("tiff with one huge tile",
     lambda: tiff((322, 4, 1, 2**20), (323, 4, 1, 2**20), (324, 4, 1, 8), (325, 4, 1, 64)),
     "image_too_large"),
    ("bmp of 2 gigapixels a side", lambda: bmp(2**31 - 1, 2**31 - 1), "image_too_large"),
    ("bmp with the lowest height", lambda: bmp(32, -(2**31)), "image_too_large"),
    ("heic of 60000 x 60000", _heic_patched(_size(96, 64), _size(60_000, 60_000)),
     "image_too_large"),
]  # fmt: skip

_COMPLEX: Sequence[HostileFile] = [
    ("jpeg with a million empty segments",
     lambda: b"\xff\xd8" + b"\xff\xe5\0\2" * 1_000_000 + make_image("JPEG")[2:],
     "image_too_complex"),
    ("png with a thousand profiles of a megabyte", lambda: with_chunks(_profile(2**20 - 1) * 1000),
     "image_too_complex"),
    ("tiff with a million fractions", lambda: tiff((33550, 5, 1_000_000, 8), tail=bytes(8_000_000)),
     "image_too_complex"),
    ("jpeg with 500 scans", _jpeg_scans, "image_too_complex"),
    ("png with 70000 chunks", lambda: with_chunks(chunk(b"teSt", b"") * 70_000),
     "image_too_complex"),
    ("tiff with a million strips",
     lambda: tiff((273, 4, 1_000_000, 8), tail=bytes(4_000_000)), "image_too_complex"),
    ("tiff with four billion strips", lambda: tiff((273, 4, 2**32 - 1, 8)), "image_too_complex"),
    ("tiff with a thousand pages", _many_pages, "image_too_complex"),
    ("heic of 10000 boxes", lambda: HEIC_BRAND + box(b"free", b"") * 10_000, "image_too_complex"),
]  # fmt: skip

_TRUNCATED: Sequence[HostileFile] = [
    *((f"truncated {format.lower()}", _truncated(format), "image_truncated") for format in FORMATS),
    ("jpeg header only", lambda: make_image("JPEG")[:20], "image_truncated"),
    ("jpeg without its scan", lambda: jpeg_frame(64, 64).partition(b"\xff\xda")[0],
     "image_truncated"),
    ("jpeg segment past the end", _jpeg_bad_segment, "image_truncated"),
    ("png signature only", lambda: make_image("PNG")[:8], "image_truncated"),
    ("png without its end chunk", lambda: make_image("PNG")[:-12], "image_truncated"),
    ("png chunk of 4 GB", lambda: with_chunks(b"\xff\xff\xff\xfftEXt"), "image_truncated"),
    ("png with too few pixels", lambda: png(64, 64, chunk(b"IDAT", zlib.compress(bytes(99)))),
     "image_truncated"),
    ("webp that claims more bytes than it has",
     lambda: b"RIFF" + struct.pack("<I", 2**32 - 2) + make_image("WEBP")[8:], "image_truncated"),
    ("tiff directory past the end", _bytes(b"II*\0\xff\xff\xff\x7f" + bytes(60)),
     "image_truncated"),
    ("tiff strip past the end", lambda: tiff((273, 4, 1, 2**31)), "image_truncated"),
    ("bmp header only", lambda: bmp(32, 32, body=0), "image_truncated"),
    ("bmp cut in its header", lambda: bmp(32, 32)[:30], "image_truncated"),
    ("heic with a box past the end", lambda: HEIC_BRAND + struct.pack(">I", 5000) + b"meta",
     "image_truncated"),
]  # fmt: skip

_DAMAGED: Sequence[HostileFile] = [
    ("png of 0 x 0", lambda: png(0, 0, chunk(b"IDAT", zlib.compress(b""))), "image_damaged"),
    ("png with a wrong header crc", lambda: _crc(b"IHDR"), "image_damaged"),
    ("png with a wrong pixel crc", lambda: _crc(b"IDAT"), "image_damaged"),
    ("png with an impossible colour type", lambda: png(32, 32, colour=5), "image_damaged"),
    ("png with random pixels data", lambda: png(32, 32, chunk(b"IDAT", b"\xde\xad\xbe\xef" * 50)),
     "image_damaged"),
    ("png with a profile that unpacks to 64 MB", _icc_bomb, "image_damaged"),
    ("png with a text that unpacks to 64 MB", _text_bomb, "image_damaged"),
    ("png with two headers", lambda: with_chunks(make_image("PNG")[8:33]), "image_damaged"),
    ("jpeg with 5 MB of filling between its segments",
     lambda: make_image("JPEG")[:20] + bytes(5 * 2**20) + make_image("JPEG")[20:], "image_damaged"),
    ("jpeg of height 0", lambda: jpeg_frame(64, 0), "image_damaged"),
    ("webp whose riff length is too short",
     lambda: b"RIFF" + struct.pack("<I", 40) + make_image("WEBP")[8:], "image_damaged"),
    ("webp without a picture", lambda: riff((b"EXIF", bytes(10))), "image_damaged"),
    ("webp with a rubbish frame",
     lambda: riff((b"VP8 ", b"\x10\0\0\x9d\1\x2a\x40\0\x40\0" + b"\xa5" * 60)), "image_damaged"),
    ("tiff directory that loops", lambda: tiff(following=TIFF_DIRECTORY), "image_damaged"),
    ("tiff with 60000 tags", lambda: tiff(*((1000 + n, 3, 1, 1) for n in range(60_000))),
     "image_damaged"),
    ("tiff without strips", lambda: tiff((273, 4, 0, 0)), "image_damaged"),
    ("tiff of 65535 samples a pixel", lambda: tiff((277, 3, 1, 65_535)), "image_damaged"),
    ("tiff of 0 x 0", lambda: tiff((256, 4, 1, 0), (257, 4, 1, 0)), "image_damaged"),
    ("bmp of negative width", lambda: bmp(-32, 32, body=4096), "image_damaged"),
    ("bmp of 7 bits a pixel", lambda: bmp(32, 32, bits=7, body=4096), "image_damaged"),
    ("heic without its index", lambda: HEIC_BRAND + box(b"mdat", bytes(64)), "image_damaged"),
    ("heic whose size is a lie", _heic_patched(_size(96, 64), _size(16, 16)), "image_damaged"),
    ("heic box shorter than its own head", lambda: HEIC_BRAND + struct.pack(">I", 4) + b"meta",
     "image_damaged"),
]  # fmt: skip

HOSTILE: list[HostileFile] = [
    *_UNKNOWN,
    *_REFUSED,
    *_ANIMATED,
    *_SIZES,
    *_COMPLEX,
    *_TRUNCATED,
    *_DAMAGED,
]


def _php_in_jpeg() -> bytes:
    block = exif(1)
    block[0x010E] = PHP.decode()
    return make_image("JPEG", exif=block, comment=PHP)


def _phone_pictures() -> bytes:
    other = scene().transpose(Image.Transpose.ROTATE_180)
    return save(scene(), "MPO", save_all=True, append_images=[other], quality=95)


def _tiff_with_preview() -> bytes:
    start = len(tiff())
    preview = struct.pack("<HHHIII", 1, 254, 4, 1, 1, 0)
    return tiff(following=start, tail=preview)


HARMLESS: list[tuple[str, Callable[[], bytes]]] = [
    ("jpeg with a zip archive appended", lambda: make_image("JPEG") + _zip()),
    ("jpeg with php in its comment and exif", _php_in_jpeg),
    ("jpeg followed by a second picture (mpo)", _phone_pictures),
    ("png with a html page appended", lambda: make_image("PNG") + SCRIPT),
    ("png with a script in its text", lambda: with_chunks(chunk(b"tEXt", b"Comment\0" + SCRIPT))),
    ("png with a broken profile", lambda: make_image("PNG", icc_profile=b"no profile at all")),
    ("jpeg with a broken profile", lambda: make_image("JPEG", icc_profile=b"\0" * 500)),
    ("jpeg with broken exif", lambda: make_image("JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")),
    ("jpeg with exif that is text", lambda: make_image("JPEG", exif=b"Exif\0\0" + b"A" * 90)),
    ("webp with broken exif", lambda: make_image("WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff")),
    ("tiff whose sub-directories loop", lambda: tiff((330, 4, 1, TIFF_DIRECTORY))),
    ("tiff whose exif directory is itself", lambda: tiff((34665, 4, 1, TIFF_DIRECTORY))),
    ("tiff whose exif directory is past the end", lambda: tiff((34665, 4, 1, 2**31))),
    ("tiff with a preview page", _tiff_with_preview),
    ("bmp stored from the top down", lambda: bmp(32, -32, body=32 * 32 * 3)),
]
