"""Limits, hostile files, and what decoding leaves behind."""

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from searches.images import MESSAGES, ImageLimits, ImageRejected, decode, name_matches
from tests.searches.hostile import HARMLESS, HOSTILE, tiff
from tests.searches.images.cast import ROOT, outcome, outcome_here, rejection
from tests.searches.mutations import mutations, samples
from tests.searches.pictures import FORMATS, make_image, same_scene, save, scene


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
    outcomes = Counter(outcome_here(data) for data in mutations(seed=20_260_101, count=3000))
    assert outcomes.keys() <= MESSAGES.keys() | set(FORMATS)
    # Every decoder ran on damaged files, and refusing was as common, or this proves little.
    assert min(outcomes[format] for format in FORMATS) > 10
    assert outcomes["image_damaged"] > 300 < outcomes["image_truncated"]
    assert capfd.readouterr() == ("", "")


def test_every_cut_of_a_small_file_is_refused_or_opened() -> None:
    for whole in samples():
        for end in range(0, len(whole), max(1, len(whole) // 60)):
            assert outcome_here(whole[:end]) in MESSAGES


def test_decoding_leaves_no_files_and_no_handles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    outcome(make_image("PNG"))
    before = set(os.listdir("/proc/self/fd"))
    for data in (*samples(), *mutations(seed=4, count=100)):
        outcome(data)
    assert set(os.listdir("/proc/self/fd")) == before
    assert list(tmp_path.iterdir()) == []


def test_no_other_plugin_is_ever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("Image.open tries every plugin")

    monkeypatch.setattr(Image, "open", forbidden)
    assert [outcome_here(make_image(format)) for format in FORMATS] == list(FORMATS)


def test_decoding_in_threads_gives_the_same() -> None:
    warned = make_image("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\1\2\3")
    results = list[bool]()

    def work() -> None:
        results.extend(same_scene(decode(warned).rgb) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20


BARE_PROCESS = """
import resource, sys, time, warnings
from searches.decoder.opening import open_picture
from searches.decoder.rejections import DEFAULT_LIMITS, ImageRejected
from tests.searches.hostile import HOSTILE
assert "django" not in sys.modules
warnings.simplefilter("ignore")
# Those that the portal refuses by their size are never given to a decoder.
sizes = "image_empty", "image_too_many_bytes"
files = [(make(), code) for _, make, code in HOSTILE if code not in sizes]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
longest = 0.0
for data, code in files:
    started = time.process_time()
    try:
        open_picture(data, DEFAULT_LIMITS)
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
