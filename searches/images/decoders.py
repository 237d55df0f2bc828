"""One zygote for each process of the portal, and the decoders that come from it."""

import atexit
import logging
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from portal.away import DecoderAway
from searches.decoder import wire
from searches.decoder.kernel import HUGE_PAGES
from searches.decoder.rejections import DEFAULT_LIMITS, ImageLimits
from searches.decoder.room import Room
from searches.images.one_decoder import Decoder

logger = logging.getLogger(__name__)

START_SECONDS = 60
_ROOT = Path(__file__).resolve().parents[2]
# The search path has to be given: neither environment nor folder of the portal's process counts.
_PROGRAM = """
import sys
sys.path.append(sys.argv.pop(1))
from searches.decoder.zygote import main
main()
"""


class Decoders:
    """The zygote of this process, started when it is first needed. For several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room = Room(DEFAULT_LIMITS.max_bytes, DEFAULT_LIMITS.max_pixels)
        self._zygote: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._is_filtered: bool | None = None
        """None until the zygote has said it."""

    def prepare(self) -> None:
        """Start the zygote, without waiting for it: the first picture will not have to."""
        with self._lock:
            if self._line is None:
                self._start()

    def take(self, size: int, limits: ImageLimits) -> Decoder:
        """A decoder for a file of `size` bytes. Raises DecoderAway."""
        with self._lock:
            room = self._room.with_room_for(size, limits)
            if room != self._room or self._has_ended():
                self._stop()  # what it has forked ahead ends with it
                self._room = room
            try:
                return self._take(limits)
            except OSError:  # it was killed since the last picture
                self._stop()
            try:
                return self._take(limits)
            except OSError as error:
                self._stop()
                raise DecoderAway(f"no decoder: {error}") from error

    def are_filtered(self, limits: ImageLimits) -> bool:
        """Whether the kernel filters the system calls of decoders. Raises DecoderAway."""
        with self.take(0, limits):
            return bool(self._is_filtered)

    def process(self) -> int | None:
        """The id of the zygote, if there is one."""
        return self._zygote.pid if self._zygote else None

    def close(self) -> None:
        """End the zygote, and with it every decoder."""
        with self._lock:
            self._stop()

    def forget(self) -> None:
        """In a process that was forked: the zygote is the other one's."""
        if self._line is not None:
            self._line.close()
        if self._zygote is not None:
            self._zygote.returncode = 0  # not a child of this process: nothing to wait for

    def _has_ended(self) -> bool:
        return self._zygote is not None and self._zygote.poll() is not None

    def _take(self, limits: ImageLimits) -> Decoder:
        line = self._line or self._start()
        if self._is_filtered is None:
            self._greet(line)
        if limits.must_be_filtered and not self._is_filtered:
            raise DecoderAway("the kernel does not filter system calls (CANDOR_DECODER_SANDBOX)")
        ticket, descriptors, _, _ = socket.recv_fds(
            line, len(wire.TICKET), wire.DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
        )
        if ticket != wire.TICKET or len(descriptors) != wire.DESCRIPTORS:
            for descriptor in descriptors:  # fewer than were sent: this process has too many open
                os.close(descriptor)
            raise ConnectionResetError("no zygote, or no descriptors left")
        decoder = Decoder(*descriptors)
        with suppress(OSError):  # who asks next will find that it is gone
            line.send(wire.ONE_MORE)  # forked while this one works
        return decoder

    def _start(self) -> socket.socket:
        line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.settimeout(START_SECONDS)
        self._line = line
        with theirs:
            # A session of its own: Ctrl-C is for the portal, which may have pictures to finish.
            self._zygote = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, str(_ROOT), str(theirs.fileno()),
                 str(self._room.file_bytes), str(self._room.pixels)],
                env=HUGE_PAGES, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        line.send(wire.ONE_MORE)
        return line

    def _greet(self, line: socket.socket) -> None:
        hello = line.recv(wire.HELLO.size)
        if not hello:
            raise ConnectionResetError("the zygote did not start")
        (self._is_filtered,) = wire.HELLO.unpack(hello)
        if not self._is_filtered:
            logger.warning("decoders run without a filter of system calls: docs/operations.md")

    def _stop(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote.wait()
        self._line = self._zygote = self._is_filtered = None


_here = Decoders()


def decoders() -> Decoders:
    """Those of this process."""
    return _here


def _after_fork() -> None:
    global _here
    _here.forget()
    _here = Decoders()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _here.close())
