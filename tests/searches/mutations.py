"""Seeded damage to valid pictures, for the test that nothing but a rejection comes of it."""

import random
import re
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.searches.pictures import FORMATS, exif, make_image, save, scene


def samples() -> list[bytes]:
    """Small valid files that between them reach every decoder and colour path."""
    deep = Image.fromarray(np.asarray(scene((48, 32)).convert("L")).astype(np.uint16) * 257)
    return [
        *(make_image(format, (48, 32)) for format in FORMATS),
        make_image("JPEG", (48, 32), orientation=6),
        make_image("JPEG", (48, 32), progressive=True),
        make_image("JPEG", (48, 32), "CMYK"),
        make_image("PNG", (48, 32), "P"),
        make_image("PNG", (48, 32), "RGBA", exif=exif(6)),
        make_image("WEBP", (48, 32), "RGBA", lossless=True),
        make_image("HEIC", (128, 64), tile_size=64),
        make_image("HEIC", (48, 32), "RGBA", orientation=8),
        make_image("TIFF", (48, 32), orientation=5, compression="tiff_lzw"),
        make_image("TIFF", (48, 32), "CMYK", compression="tiff_adobe_deflate"),
        make_image("TIFF", (48, 32), compression="jpeg"),
        make_image("TIFF", (48, 32), "LAB"),
        make_image("BMP", (48, 32), "P"),
        save(deep, "TIFF"),
        save(deep, "PNG"),
    ]


def mutations(seed: int, count: int) -> Iterator[bytes]:
    """`count` damaged files: flipped bits, foreign bytes, cuts, and splices of two files."""
    chance = random.Random(seed)
    whole = samples()
    for _ in range(count):
        data = bytearray(chance.choice(whole))
        # Half of the damage goes where the structure is.
        reach = len(data) if chance.random() < 0.5 else min(len(data), 200)
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            _damage(chance, data, min(reach, len(data)), whole)
        yield _with_right_crcs(bytes(data)) if chance.random() < 0.8 else bytes(data)


def _damage(chance: random.Random, data: bytearray, reach: int, whole: list[bytes]) -> None:
    at = chance.randrange(4, max(reach, 5))
    match chance.randrange(6):
        case 0 | 1:
            data[at : at + 1] = bytes((chance.randrange(256),))
        case 2:
            extreme = chance.choice((0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF))
            layout = chance.choice("<>") + "I"
            data[at : at + 4] = struct.pack(layout, extreme)
        case 3:
            del data[at : at + chance.randrange(1, 64)]
        case 4:
            data[at:at] = chance.randbytes(chance.randrange(1, 32))
        case _:
            other = chance.choice(whole)
            start = chance.randrange(len(other))
            data[at : at + 24] = other[start : start + 24]


def _with_right_crcs(data: bytes) -> bytes:
    """PNG chunks with their CRC set right again, so that damage gets past that check."""
    if not data.startswith(b"\x89PNG"):
        return data
    out = bytearray(data)
    for found in re.finditer(rb"IHDR|PLTE|tRNS|eXIf|iCCP|IDAT|IEND", data):
        end = found.end() + int.from_bytes(data[max(found.start() - 4, 0) : found.start()], "big")
        if end + 4 <= len(out):
            out[end : end + 4] = struct.pack(">I", zlib.crc32(out[found.start() : end]))
    return bytes(out)
