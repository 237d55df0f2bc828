"""What a decoder can still do: tried out by code that is confined as decoders are, and looked up
in the kernel's own account of real ones."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from searches.decoder import callfilter
from searches.decoder.room import CPU_SECONDS, Room
from searches.images import DEFAULT_LIMITS, decode
from searches.images.decoders import decoders
from tests.searches.images.cast import ROOT
from tests.searches.pictures import make_image

ATTACK = f"import sys; sys.path.append({str(ROOT)!r}); from tests.searches.images import attacks; "
REFUSED = os.strerror(1)  # EPERM
NO_MORE = os.strerror(24)  # EMFILE


def attacked(how: str) -> str:
    command = [sys.executable, "-I", "-c", ATTACK + "attacks.main()", how]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def attempts(how: str) -> dict[str, str]:
    return dict(json.loads(line) for line in attacked(how).splitlines())


def test_this_kernel_filters_and_the_decoders_are_filtered() -> None:
    """Where this fails, the other tests show what is left: see docs/operations.md."""
    assert callfilter.is_possible()
    assert decoders().are_filtered(DEFAULT_LIMITS)


def test_a_decoder_that_was_taken_over_can_compute_and_nothing_else() -> None:
    found = attempts("filtered")
    assert found.pop("take_all_memory") == "MemoryError"
    assert found.pop("use_a_thread") == "done"
    assert found.pop("raise_the_limits") == "ValueError"  # so Python says it
    assert found == dict.fromkeys(found, REFUSED)
    assert len(found) == 8


def test_without_a_filter_it_still_has_no_files_no_sockets_and_no_memory_to_spare() -> None:
    found = attempts("unfiltered")
    assert (found["open_a_file"], found["make_a_socket"]) == (NO_MORE, NO_MORE)
    assert found["take_all_memory"] == "MemoryError"
    assert found["raise_the_limits"] == "ValueError"


def test_a_decoder_that_does_not_come_to_an_end_is_ended() -> None:
    assert attacked("looping").strip() == signal.SIGXCPU.name


@pytest.fixture
def spare() -> int:
    """A real decoder that waits for its picture."""
    decode(make_image("PNG"))
    with decoders().take(0, DEFAULT_LIMITS) as decoder:
        assert decoder
    zygote = decoders().process()
    (waiting,) = _waiting_children(zygote)
    return waiting


def _waiting_children(of: int | None) -> Iterator[int]:
    """Until the one that is forked ahead is all there is, and has made itself ready."""
    for _ in range(2000):
        found = Path(f"/proc/{of}/task/{of}/children").read_text().split()
        if len(found) == 1 and "Max open files            0" in _of(found[0], "limits"):
            yield int(found[0])
            return
        os.sched_yield()
        signal.sigtimedwait([], 0.005)
    raise AssertionError(found)


def _of(process: int | str, what: str) -> str:
    return Path(f"/proc/{process}/{what}").read_text()


def test_a_real_decoder_has_given_everything_up_before_its_picture(spare: int) -> None:
    status = dict(line.split(":\t", 1) for line in _of(spare, "status").splitlines())
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert {status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff")} == {"0" * 16}
    limits = {
        line[:26].strip(): line[26:].split()[:2] for line in _of(spare, "limits").splitlines()
    }
    room = Room(settings.UPLOAD_MAX_BYTES, DEFAULT_LIMITS.max_pixels)
    assert limits["Max open files"] == limits["Max core file size"] == ["0", "0"]
    assert limits["Max file size"] == [str(room.pixel_bytes)] * 2
    assert limits["Max cpu time"] == [str(CPU_SECONDS), str(CPU_SECONDS + 1)]
    soft, hard = limits["Max address space"]
    assert soft == hard
    assert int(soft) < 3 * 2**30


def test_neither_decoder_nor_zygote_knows_the_environment_or_a_key(spare: int) -> None:
    zygote = decoders().process()
    assert zygote
    assert _of(zygote, "environ").rstrip("\0").partition("=")[0] == "GLIBC_TUNABLES"
    assert "SECRET" not in _of(zygote, "cmdline")
    secrets = [settings.MASTER_KEY, settings.SECRET_KEY.encode(), settings.SIGNING_KEY]
    for process in (zygote, spare):
        found = _memory(process)
        assert b"searches.decoder.life" in found  # it is the memory that was meant
        for secret in secrets:
            assert len(secret) >= 32
            assert secret not in found


def test_a_decoder_has_three_descriptors_and_they_lead_nowhere_else(spare: int) -> None:
    links = {
        name: os.readlink(f"/proc/{spare}/fd/{name}") for name in os.listdir(f"/proc/{spare}/fd")
    }
    assert {links.pop(name) for name in "012"} == {"/dev/null"}
    assert links.pop("3").startswith("socket:")
    assert set(links) == {"4", "5"}
    assert all("candor-picture" in link for link in links.values())


def _memory(process: int) -> bytes:
    """All that a process has in its memory for itself. Of another one's decoders only as root."""
    found = bytearray()
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in _of(process, "maps").splitlines():
            span, rights = line.split()[:2]
            start, end = (int(edge, 16) for edge in span.split("-"))
            if "w" in rights and "memfd" not in line:
                memory.seek(start)
                found += memory.read(end - start)
    return bytes(found)


def test_the_zygote_has_loaded_neither_portal_nor_numbers() -> None:
    program = (
        f"import sys; sys.path.append({str(ROOT)!r}); import searches.decoder.zygote;"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert {"searches", "PIL", "pillow_heif"} <= set(done.stdout.split())
    assert not {"django", "portal", "numpy", "cv2", "onnxruntime"} & set(done.stdout.split())


def test_the_portal_has_not_loaded_the_decoders() -> None:
    program = (
        f"import sys; sys.path.append({str(ROOT)!r}); import searches.images; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert "searches.images.decoders" in done.stdout.split()
    assert not {"pillow_heif", "searches.decoder.opening"} & set(done.stdout.split())
