"""Whatever is uploaded becomes an upright sRGB picture or a rejection that says what to do."""

import hashlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from searches.engines.base import Box
from searches.images import (
    ACCEPTED,
    DEFAULT_LIMITS,
    MESSAGES,
    ImageLimits,
    ImageRejected,
    crop,
    decode,
    encode_jpeg,
    name_matches,
    thumbnail,
)
from tests.searches.hostile import HARMLESS, HOSTILE, chunk, png, tiff
from tests.searches.mutations import mutations, samples
from tests.searches.pictures import CORNERS, FORMATS, exif, make_image, same_scene, save, scene

ROOT = Path(__file__).parents[2]


def outcome(data: bytes) -> str:
    """The format of a picture that opens, else the code; any other exception is a failure."""
    try:
        return decode(data).format
    except ImageRejected as rejected:
        return rejected.code


def rejection(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data, limits)
    return caught.value


# What comes out


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
    assert picture.rgb.flags.owndata
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


# Colour profiles


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


# Limits


def test_pixels_and_sides_are_allowed_up_to_the_limit_itself() -> None:
    limits = ImageLimits(max_pixels=96 * 64, max_side=96, min_side=64)
    assert decode(make_image("PNG"), limits).width == 96


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ImageLimits(max_pixels=96 * 64 - 1), "image_too_large"),
        (ImageLimits(max_side=95), "image_too_large"),
        (ImageLimits(min_side=65), "image_too_small"),
        (ImageLimits(max_bytes=100), "image_too_many_bytes"),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_limits_hold_for_every_format(format: str, limits: ImageLimits, code: str) -> None:
    assert rejection(make_image(format), limits).code == code


def test_bytes_are_allowed_up_to_the_limit_itself() -> None:
    data = make_image("PNG")
    assert decode(data, ImageLimits(max_bytes=len(data))).size == len(data)
    assert rejection(data, ImageLimits(max_bytes=len(data) - 1)).code == "image_too_many_bytes"


def test_more_frames_can_be_allowed_and_the_first_is_taken() -> None:
    other = scene().transpose(Image.Transpose.ROTATE_180)
    data = save(scene(), "TIFF", save_all=True, append_images=[other])
    assert rejection(data).details == {"frames": 2}
    assert same_scene(decode(data, ImageLimits(max_frames=2)).rgb)


# Hostile files


@pytest.mark.parametrize(("name", "make", "code"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_hostile_files_are_refused_with_their_code(
    name: str, make: Callable[[], bytes], code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rejected = rejection(make())
    assert rejected.code == code, repr(rejected.__cause__)
    assert "%" not in rejected.message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("name", "make"), HARMLESS, ids=[name for name, _ in HARMLESS])
def test_odd_but_whole_pictures_are_taken(
    name: str, make: Callable[[], bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    picture = decode(make())
    if picture.format in ("JPEG", "PNG", "WEBP"):
        assert same_scene(picture.rgb)
    assert capfd.readouterr() == ("", "")


def test_the_hostile_files_cover_every_code_and_have_their_own_names() -> None:
    assert {code for _, _, code in HOSTILE} == set(MESSAGES)
    names = [name for name, *_ in (*HOSTILE, *HARMLESS)]
    assert len(set(names)) == len(names) >= 55


def test_a_tiff_made_by_the_builder_opens_before_it_is_damaged() -> None:
    assert decode(tiff()).rgb.shape == (32, 32, 3)


def test_damaged_files_give_pictures_or_rejections_and_nothing_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    outcomes = Counter(outcome(data) for data in mutations(seed=20_260_101, count=3000))
    assert outcomes.keys() <= MESSAGES.keys() | set(FORMATS)
    # Every decoder ran on damaged files, and refusing was as common, or this proves little.
    assert min(outcomes[format] for format in FORMATS) > 10
    assert outcomes["image_damaged"] > 300 < outcomes["image_truncated"]
    assert capfd.readouterr() == ("", "")


def test_every_cut_of_a_small_file_is_refused_or_opened() -> None:
    for whole in samples():
        for end in range(0, len(whole), max(1, len(whole) // 60)):
            assert rejection(whole[:end]).code in MESSAGES


# What decoding leaves behind


def test_decoding_leaves_no_files_and_no_handles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(os.listdir("/proc/self/fd"))
    for data in (*samples(), *mutations(seed=4, count=200)):
        outcome(data)
    assert set(os.listdir("/proc/self/fd")) == before
    assert list(tmp_path.iterdir()) == []


def test_no_other_plugin_is_ever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("Image.open tries every plugin")

    monkeypatch.setattr(Image, "open", forbidden)
    assert all(same_scene(decode(make_image(format)).rgb) for format in FORMATS)


def test_decoding_in_threads_gives_the_same_and_restores_the_warnings() -> None:
    warned = make_image("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\1\2\3")
    filters, results = list(warnings.filters), list[bool]()

    def work() -> None:
        results.extend(same_scene(decode(warned).rgb) for _ in range(30))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 120
    assert list(warnings.filters) == filters


BARE_PROCESS = """
import resource, sys, time
from searches.images import ImageRejected, decode
from tests.searches.hostile import HOSTILE
assert "django" not in sys.modules
files = [(make(), code) for _, make, code in HOSTILE]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
longest = 0.0
for data, code in files:
    started = time.process_time()
    try:
        decode(data)
    except ImageRejected as rejected:
        assert rejected.code == code and rejected.message
    else:
        raise AssertionError(code)
    longest = max(longest, time.process_time() - started)
print(longest, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_process_without_django_refuses_all_bombs_fast_and_in_little_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BARE_PROCESS],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    seconds, megabytes = done.stdout.split()
    assert float(seconds) < 2.0
    assert int(megabytes) < 64  # above what making the files took


# Rejections


def test_a_rejection_crosses_processes_whole() -> None:
    rejected = rejection(b"GIF89a" + bytes(60))
    again = pickle.loads(pickle.dumps(rejected))
    assert (again.code, again.message) == (rejected.code, rejected.message)
    assert again.details == {"found": "a GIF"}


def test_a_message_can_be_translated_with_its_details() -> None:
    rejected = ImageRejected("image_animated", frames=7)
    assert rejected.translated(lambda _: "%(frames)d Bilder") == "7 Bilder"


@pytest.mark.parametrize(
    ("format", "name", "matches"),
    [
        ("JPEG", "IMG_1.JPG", True),
        ("JPEG", "IMG_1.png", False),
        ("HEIC", "a.heif", True),
        ("PNG", "no suffix", False),
    ],
)
def test_names_are_compared_by_suffix(format: str, name: str, matches: bool) -> None:
    assert name_matches(format, name) is matches


# Editing


def test_a_reencoded_picture_keeps_pixels_and_nothing_else() -> None:
    name, make = HARMLESS[1]
    assert "php" in name
    original = make()
    assert b"<?php" in original
    again = encode_jpeg(decode(original).rgb)
    assert b"<?php" not in again
    assert Image.open(BytesIO(again)).info.keys() <= {
        "jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi",
    }  # fmt: skip
    assert same_scene(decode(again).rgb)


def test_a_thumbnail_is_scaled_down_and_never_up() -> None:
    rgb = np.asarray(scene((400, 300)))
    assert thumbnail(rgb, 100).shape == (75, 100, 3)
    assert same_scene(thumbnail(rgb, 100))
    assert thumbnail(rgb, 400) is rgb
    assert thumbnail(np.asarray(scene((4000, 16))), 100).shape == (1, 100, 3)


def test_a_thumbnail_does_not_alias() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    assert abs(int(thumbnail(stripes, 100)[50, 50, 0]) - 128) < 12


def test_a_crop_shows_the_square_around_the_box() -> None:
    rgb = np.zeros((200, 300, 3), np.uint8)
    rgb[80:120, 130:170] = 255
    box = Box(129.5, 79.5, 169.5, 119.5)
    assert crop(rgb, box, margin=0.0, size=64)[6:-6, 6:-6].min() > 240
    wide = crop(rgb, box, margin=0.5, size=80)
    assert wide[22:58, 22:58].min() > 250
    assert wide[:17].max() < 5
    assert wide[:, 63:].max() < 5


def test_a_crop_of_a_tall_box_is_not_distorted() -> None:
    rgb = np.asarray(scene((200, 200)))
    face = crop(rgb, Box(89.5, 69.5, 109.5, 129.5), margin=0.1, size=48)
    assert face.shape == (48, 48, 3)
    assert same_scene(face)


def test_a_crop_is_grey_where_it_leaves_the_picture() -> None:
    rgb = np.full((100, 100, 3), 255, np.uint8)
    face = crop(rgb, Box(-50.5, -50.5, 49.5, 49.5), margin=0.0, size=100)
    assert (face[:50] == 128).all()
    assert (face[:, :50] == 128).all()
    assert (face[50:, 50:] == 255).all()


def test_a_crop_of_a_box_far_beyond_the_picture_costs_no_memory() -> None:
    face = crop(np.asarray(scene()), Box(-1e6, -1e6, 1e6, 1e6), margin=0.5, size=64)
    assert face.shape == (64, 64, 3)


@pytest.mark.parametrize(
    "box",
    [
        Box(10, 10, 10, 30),
        Box(30, 30, 10, 10),
        Box(float("nan"), 0, 10, 10),
        Box(0, 0, float("inf"), 10),
        Box(500, 500, 520, 520),
    ],
)
def test_a_box_that_shows_nothing_is_refused(box: Box) -> None:
    with pytest.raises(ValueError, match="box"):
        crop(np.asarray(scene()), box, margin=0.2, size=64)
