"""Decoders that die, hang or lie; zygotes that are killed; processes that fork."""

import fcntl
import mmap
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import override_settings
from PIL import ImageCms

from portal.away import DecoderAway
from portal.doctor.decoders import check_decoders
from portal.doctor.problems import Advice, Problem
from searches.decoder import callfilter, wire
from searches.decoder.formats import Format
from searches.decoder.room import Room
from searches.images import DEFAULT_LIMITS, MESSAGES, ImageLimits, ImageRejected, decode
from searches.images.decoders import Decoders, decoders
from searches.images.one_decoder import Decoder
from searches.recognition import image_limits
from tests.searches.images.cast import ROOT, rejection
from tests.searches.pictures import exif, make_image, same_scene, save, scene

PICTURE = make_image("JPEG")


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[Decoder], None]) -> list[Decoder]:
    """Have `act` done while the next decoder is at work; it stands still meanwhile."""
    met: list[Decoder] = []
    give = Decoder.give

    def give_and_act(self: Decoder, data: bytes, limits: ImageLimits) -> None:
        if met:
            return give(self, data, limits)
        met.append(self)
        signal.pidfd_send_signal(self._process, signal.SIGSTOP)
        give(self, data, limits)
        return act(self)

    monkeypatch.setattr(Decoder, "give", give_and_act)
    return met


def sends(number: signal.Signals) -> Callable[[Decoder], None]:
    def act(decoder: Decoder) -> None:
        signal.pidfd_send_signal(decoder._process, number)
        # SIGKILL ends a process that stands still, and nothing is left then to send the other to.
        if number != signal.SIGKILL:
            signal.pidfd_send_signal(decoder._process, signal.SIGCONT)

    return act


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGSEGV, "image_damaged"),
        (signal.SIGABRT, "image_damaged"),
        (signal.SIGSYS, "image_damaged"),
        (signal.SIGXCPU, "image_too_complex"),
    ],
)
def test_a_decoder_that_dies_gives_a_code_and_the_next_picture_opens(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: str
) -> None:
    met = during(monkeypatch, sends(number))
    assert rejection(PICTURE).code == code
    assert same_scene(decode(PICTURE).rgb)
    assert len(met) == 1


def test_a_decoder_that_somebody_killed_is_replaced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    met = during(monkeypatch, sends(signal.SIGKILL))
    assert same_scene(decode(PICTURE).rgb)
    assert len(met) == 1


def test_a_picture_whose_decoders_are_always_killed_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give = Decoder.give

    def give_and_kill(self: Decoder, data: bytes, limits: ImageLimits) -> None:
        signal.pidfd_send_signal(self._process, signal.SIGSTOP)
        give(self, data, limits)
        signal.pidfd_send_signal(self._process, signal.SIGKILL)

    monkeypatch.setattr(Decoder, "give", give_and_kill)
    assert rejection(PICTURE).code == "image_too_large"


def test_a_decoder_that_does_not_answer_in_time_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("searches.images.one_decoder.CLOCK_SECONDS", 0.1)
    during(monkeypatch, lambda decoder: ended.append(os.dup(decoder._process)))
    assert rejection(PICTURE).code == "image_too_complex"
    (process,) = ended
    assert has_ended(process)
    os.close(process)


def has_ended(process: int) -> bool:
    """Whether the process of a descriptor ends, within the time of a test."""
    return bool(select.select([process], [], [], 60)[0])


def test_a_zygote_killed_between_pictures_is_started_again() -> None:
    decode(PICTURE)
    first = decoders().process()
    assert first
    os.kill(first, signal.SIGKILL)
    # The first of them may still meet the decoder that was forked ahead.
    assert same_scene(decode(PICTURE).rgb)
    assert same_scene(decode(PICTURE).rgb)
    assert decoders().process() != first


def test_a_zygote_killed_midway_takes_its_decoders_with_it_and_the_picture_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[int] = []

    def kill_the_zygote(decoder: Decoder) -> None:
        ended.append(os.dup(decoder._process))
        zygote = decoders().process()
        assert zygote
        os.kill(zygote, signal.SIGKILL)

    during(monkeypatch, kill_the_zygote)
    assert same_scene(decode(PICTURE).rgb)
    assert has_ended(ended[0])
    os.close(ended[0])


FORKED = """
import json, os, sys
sys.path.append(sys.argv[1])
from searches.images import decode
from searches.images.decoders import decoders
data = bytes.fromhex(sys.argv[2])
decode(data)
mine = decoders().process()
read, write = os.pipe()
children = []
for _ in range(2):
    if not (pid := os.fork()):
        before = decoders().process()
        decode(data)
        os.write(write, json.dumps([before, decoders().process()]).encode() + b"\\n")
        decoders().close()
        os._exit(0)
    children.append(pid)
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
decode(data)
found = [json.loads(line) for line in os.read(read, 999).splitlines()]
assert [before for before, _ in found] == [None, None]
print(mine, decoders().process(), *[own for _, own in found])
"""


def test_processes_that_fork_have_a_zygote_each_as_those_of_celery_and_gunicorn() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKED, str(ROOT), PICTURE.hex()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    before, after, *others = done.stdout.split()
    assert before == after
    assert len({before, *others}) == 3
    # All of them have ended with their processes, the one that nobody closed as well.
    left = {before, *others}
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in left))


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to pass")


def test_two_hundred_pictures_leave_no_descriptors_and_no_processes() -> None:
    small = make_image("PNG", (16, 16))
    decode(small)
    zygote = decoders().process()

    def of_zygote() -> int:
        return len(os.listdir(f"/proc/{zygote}/fd"))

    def children() -> list[str]:
        return Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()

    wait_until(lambda: len(children()) == 1)
    here, there = len(os.listdir("/proc/self/fd")), of_zygote()
    for _ in range(200):
        decode(small)
    assert len(os.listdir("/proc/self/fd")) == here
    assert decoders().process() == zygote
    wait_until(lambda: len(children()) == 1)
    assert of_zygote() == there


class Liar:
    """In a decoder's place: a process that does nothing, and a test that answers for it."""

    def __init__(self) -> None:
        self.sleeper = subprocess.Popen(["sleep", "600"])
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pixels = os.memfd_create("pixels", os.MFD_ALLOW_SEALING)
        os.ftruncate(self.pixels, 3 * 100 * 100)
        file, itself = os.memfd_create("file"), os.pidfd_open(self.sleeper.pid)
        self.decoder = Decoder(theirs.detach(), file, os.dup(self.pixels), itself)

    def close(self) -> None:
        self.line.close()
        os.close(self.pixels)
        self.sleeper.wait(60)


@pytest.fixture
def liar() -> Iterator[Liar]:
    made = Liar()
    yield made
    made.close()


SMALL = ImageLimits(max_pixels=100 * 100, max_side=1000)


@pytest.mark.parametrize(
    "answer",
    [
        b"x",
        bytes(100),
        wire._ANSWER.pack(0, 99, 20, 20),
        wire._ANSWER.pack(0, 0, 0, 20),
        wire._ANSWER.pack(1, 99, 0, 0),
        wire._ANSWER.pack(1, list(MESSAGES).index("image_format_not_accepted"), 99, 0),
        wire._ANSWER.pack(1, list(MESSAGES).index("image_empty"), 0, 0),
        wire._ANSWER.pack(3, 0, 20, 20),
    ],
)
def test_nothing_is_believed_of_a_decoder_that_lies(liar: Liar, answer: bytes) -> None:
    liar.line.send(answer)
    with liar.decoder, pytest.raises(ImageRejected) as caught:
        liar.decoder.outcome(SMALL)
    assert caught.value.code == "image_damaged"
    assert liar.sleeper.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize("size", [(101, 100), (2**63, 2**63), (1001, 1)])
def test_more_pixels_than_were_asked_for_are_not_looked_at(
    liar: Liar, size: tuple[int, int]
) -> None:
    liar.line.send(wire._ANSWER.pack(0, 0, *size))
    with liar.decoder, pytest.raises(ImageRejected) as caught:
        liar.decoder.outcome(SMALL)
    assert caught.value.code == "image_too_large"


def test_pixels_that_can_still_be_written_are_not_looked_at(liar: Liar) -> None:
    liar.line.send(wire.opened(Format.PNG, 20, 20))
    with mmap.mmap(liar.pixels, 1200), liar.decoder:
        with pytest.raises(ImageRejected) as caught:
            liar.decoder.outcome(SMALL)
    assert caught.value.code == "image_damaged"


def test_pixels_that_were_handed_over_change_no_more(liar: Liar) -> None:
    os.pwrite(liar.pixels, b"\7" * 1200, 0)
    liar.line.send(wire.opened(Format.PNG, 20, 20))
    with liar.decoder:
        rgb = liar.decoder.outcome(SMALL).rgb
    assert (rgb == 7).all()
    with pytest.raises(PermissionError):
        os.pwrite(liar.pixels, b"\0", 0)
    assert fcntl.fcntl(liar.pixels, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE


def test_memory_of_a_real_decoder_cannot_be_resized() -> None:
    with decoders().take(0, DEFAULT_LIMITS) as decoder:
        for descriptor in (decoder._file, decoder._pixels):
            with pytest.raises(PermissionError):
                os.ftruncate(descriptor, 0)


def test_larger_limits_get_larger_decoders() -> None:
    used = Decoders()
    picture = make_image("PNG", (96, 64))
    first = ImageLimits(max_pixels=60_000_000)
    try:
        with used.take(len(picture), DEFAULT_LIMITS):
            before = used.process()
        with used.take(len(picture), first) as decoder:
            decoder.give(picture, first)
            assert same_scene(decoder.outcome(first).rgb)
        assert used.process() != before
        with used.take(len(picture), DEFAULT_LIMITS):
            assert used.process() != before
    finally:
        used.close()


@pytest.mark.parametrize("mode", ["F", "RGBA"])
def test_the_dearest_pictures_of_the_largest_size_fit_into_a_decoder(mode: str) -> None:
    """Of 2 megapixels, in a decoder that has room for no more."""
    side = 1448
    picture = scene((side, side)).convert("L" if mode == "F" else mode).convert(mode)
    if mode == "F":
        data = save(picture, "TIFF", exif=exif(6), compression="tiff_lzw")
    else:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        data = save(picture, "PNG", exif=exif(6), icc_profile=profile, compress_level=1)
    limits = ImageLimits(max_pixels=side * side, max_bytes=len(data))
    used = Decoders()
    used._room = Room(limits.max_bytes, limits.max_pixels)
    try:
        with used.take(len(data), limits) as decoder:
            decoder.give(data, limits)
            assert decoder.outcome(limits).rgb.shape == (side, side, 3)
    finally:
        used.close()


@pytest.fixture
def unfiltered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kernel that takes no filters, as far as the portal is told."""
    monkeypatch.setattr(callfilter, "is_possible", lambda: False)
    greet = Decoders._greet

    def greet_unfiltered(self: Decoders, line: socket.socket) -> None:
        greet(self, line)
        self._is_filtered = False

    monkeypatch.setattr(Decoders, "_greet", greet_unfiltered)
    decoders().close()
    yield
    decoders().close()


@pytest.mark.usefixtures("unfiltered")
def test_where_a_filter_is_required_nothing_is_opened_without() -> None:
    assert same_scene(decode(PICTURE, image_limits()).rgb)
    with pytest.raises(Advice, match="filters no system calls"):
        check_decoders()
    assert [found.id for found in run_checks(tags=["security"])] == ["searches.W001"]
    with override_settings(DECODER_SANDBOX="required"):
        with pytest.raises(DecoderAway):
            decode(PICTURE, image_limits())
        with pytest.raises(Problem, match="CANDOR_DECODER_SANDBOX"):
            check_decoders()
        assert [found.id for found in run_checks(tags=["security"])] == ["searches.E001"]


def test_the_doctor_and_the_checks_are_content_here() -> None:
    assert settings.DECODER_SANDBOX == "best"
    assert "system calls are filtered" in check_decoders()
    assert run_checks(tags=["security"]) == []


def test_where_no_zygote_starts_the_work_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    used = Decoders()
    monkeypatch.setattr("searches.images.decoders._PROGRAM", "raise SystemExit(1)")
    with pytest.raises(DecoderAway):
        used.take(1, DEFAULT_LIMITS)
    assert used.process() is None
