"""Pictures are recognised by content and come out upright, in sRGB."""

import hashlib
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from searches.images import ACCEPTED, decode
from tests.searches.hostile import chunk, png, tiff
from tests.searches.pictures import CORNERS, FORMATS, exif, make_image, same_scene, save, scene


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_is_described_by_its_content(format: str) -> None:
    data = make_image(format)
    picture = decode(data)
    assert (picture.format, picture.size) == (format, len(data))
    assert picture.media_type == ACCEPTED[format].media_type
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert (picture.width, picture.height) == (96, 64)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.flags.c_contiguous
    assert picture.rgb.flags.writeable
    assert same_scene(picture.rgb)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", [f for f in FORMATS if f != "BMP"])
def test_every_orientation_is_turned_upright_once(format: str, orientation: int) -> None:
    picture = decode(make_image(format, (96, 64), orientation=orientation))
    assert picture.rgb.shape == (64, 96, 3)
    assert same_scene(picture.rgb)


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_is_ignored(value: int) -> None:
    assert same_scene(decode(make_image("JPEG", exif=exif(value))).rgb)


def test_heic_is_turned_by_its_properties_and_not_by_its_exif() -> None:
    tag = b"\x01\x12\0\x03\0\0\0\x01\0"
    whole = make_image("HEIC")
    assert whole.count(tag + b"\1") == 1
    assert same_scene(decode(whole.replace(tag + b"\1", tag + b"\6")).rgb)


def test_of_several_heic_pictures_the_primary_one_is_taken() -> None:
    heif = pillow_heif.from_pillow(scene().transpose(Image.Transpose.ROTATE_180))
    heif.add_from_pillow(scene())
    out = BytesIO()
    heif.save(out, primary_index=1, quality=90)
    assert same_scene(decode(out.getvalue()).rgb)


@pytest.mark.parametrize(
    ("format", "mode", "options"),
    [
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "CMYK", {}),
        ("PNG", "P", {}),
        ("PNG", "RGBA", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {}),
        ("HEIC", "RGBA", {}),
        ("HEIC", "RGB", {"tile_size": 64}),
        ("TIFF", "CMYK", {}),
        ("TIFF", "RGBA", {}),
        ("TIFF", "P", {}),
        ("TIFF", "YCbCr", {}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("TIFF", "RGB", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", "RGB", {"compression": "packbits"}),
        ("TIFF", "RGB", {"compression": "jpeg"}),
        ("BMP", "RGBA", {}),
        ("BMP", "P", {}),
    ],
)
def test_every_kind_of_colour_shows_the_same_scene(
    format: str, mode: str, options: dict[str, Any]
) -> None:
    # Palettes of 216 web colours and JPEG's chroma are coarse; a wrong channel is off by 150.
    assert same_scene(decode(make_image(format, mode=mode, **options)).rgb, tolerance=40)


def test_lab_pictures_are_converted_by_their_meaning() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(scene(), to_lab)
    assert lab is not None
    assert same_scene(decode(save(lab, "TIFF")).rgb)


@pytest.mark.parametrize("mode", ["1", "L"])
@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_grey_stays_grey(format: str, mode: str) -> None:
    ramp = Image.fromarray(np.tile(np.arange(0, 256, 2).astype(np.uint8), (32, 1))).convert(mode)
    rgb = decode(save(ramp, format)).rgb
    assert np.array_equal(rgb, np.asarray(ramp.convert("RGB")))


def test_interlaced_png() -> None:
    pixels = np.asarray(scene((32, 32)))
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
              (0, 1, 1, 2))  # fmt: skip
    rows = b"".join(
        b"\0" + row.tobytes() for x, y, dx, dy in passes for row in pixels[y::dy, x::dx]
    )
    head = bytearray(png(32, 32)[:33])
    head[28] = 1
    head[29:33] = zlib.crc32(head[12:29]).to_bytes(4, "big")
    data = bytes(head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert np.array_equal(decode(data).rgb, pixels)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_transparency_lies_over_white(mode: str) -> None:
    clear = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (0, 0, 16, 32))
    data = save(clear.convert("P") if mode == "PA" else clear.convert(mode), "PNG")
    rgb = decode(data).rgb
    assert rgb[:, :15].max() == 0
    assert rgb[:, 17:].min() == 255


def test_a_png_colour_declared_transparent_is_white() -> None:
    data = save(scene(), "PNG", transparency=CORNERS[0])
    rgb = decode(data).rgb
    assert tuple(rgb[4, 4]) == (255, 255, 255)
    assert tuple(rgb[60, 4]) == CORNERS[2]


RAMP = np.tile(np.arange(64, dtype=np.float64) / 63, (32, 1))


@pytest.mark.parametrize(
    ("format", "pixels"),
    [
        ("PNG", np.rint(RAMP * 65_535).astype(np.uint16)),
        ("TIFF", np.rint(RAMP * 65_535).astype(np.uint16)),
        ("TIFF", RAMP.astype(np.float32)),
        ("TIFF", (RAMP * 4000 - 500).astype(np.float32)),
        ("TIFF", np.rint(RAMP * 1_000_000).astype(np.int32)),
    ],
)
def test_deep_greys_are_scaled_and_not_clipped(format: str, pixels: np.ndarray) -> None:
    rgb = decode(save(Image.fromarray(pixels), format)).rgb.astype(int)
    assert np.abs(rgb - np.rint(RAMP * 255)[:, :, None]).max() <= 1


def test_a_dark_sixteen_bit_picture_stays_dark() -> None:
    pixels = np.full((32, 32), 6553, np.uint16)
    assert int(decode(save(Image.fromarray(pixels), "TIFF")).rgb.max()) in (25, 26)


def test_twelve_bit_greys_use_their_own_range() -> None:
    behind = len(tiff())
    middle = b"\x80\x08\x00" * 16 * 32
    data = tiff((258, 3, 1, 12), (273, 4, 1, behind), (279, 4, 1, len(middle)), tail=middle)
    assert (decode(data).rgb == 128).all()


def test_sixteen_bit_white_is_zero_is_inverted() -> None:
    pixels = np.rint(RAMP * 65_535).astype(np.uint16)
    data = bytearray(save(Image.fromarray(pixels), "TIFF"))
    at = data.index(b"\x06\x01\x03\x00\x01\x00\x00\x00")
    data[at + 8] = 0
    rgb = decode(bytes(data)).rgb.astype(int)
    assert np.abs(rgb - np.rint((1 - RAMP) * 255)[:, :, None]).max() <= 1


def test_float_pictures_may_hold_no_numbers() -> None:
    pixels = RAMP.astype(np.float32)
    pixels[:, :4] = np.nan
    pixels[:, 4:8] = np.inf
    assert decode(save(Image.fromarray(pixels), "TIFF")).rgb[:, :8].max() == 0


def test_sixteen_bit_colour_png() -> None:
    rows = (b"\0" + b"\xdc\x12\x1e\x34\x1e\x56" * 32) * 32
    data = png(32, 32, chunk(b"IDAT", zlib.compress(rows)), bits=16)
    assert tuple(decode(data).rgb[5, 5]) == (220, 30, 30)


def exchanged_profile() -> bytes:
    """sRGB with the primaries of red and blue exchanged: pure red is shown as pure blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIC"])
def test_colour_profiles_are_applied(format: str) -> None:
    red = Image.new("RGB", (64, 64), (200, 0, 0))
    red.info["icc_profile"] = exchanged_profile()
    if format == "HEIC":
        out = BytesIO()
        pillow_heif.from_pillow(red).save(out, quality=90)
        data = out.getvalue()
    else:
        data = save(red, format, icc_profile=exchanged_profile())
    r, g, b = (int(c) for c in decode(data).rgb[32, 32])
    assert b > 150 > 40 > max(r, g)


def test_an_srgb_profile_changes_nothing_visible() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain, tagged = (
        decode(make_image("PNG", icc_profile=p)).rgb.astype(int) for p in (b"", profile)
    )
    assert np.abs(plain - tagged).max() <= 1


def test_a_profile_for_other_colours_is_ignored() -> None:
    grey = Image.new("L", (32, 32), 90)
    assert tuple(decode(save(grey, "PNG", icc_profile=exchanged_profile())).rgb[9, 9]) == (90,) * 3
