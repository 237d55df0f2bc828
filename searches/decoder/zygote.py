"""The process that decoders are forked from: it has no keys, and never sees a picture.

Started as a program of its own with an empty environment. One decoder is always forked ahead, so
that a picture meets a fresh process without waiting for it.
"""

import fcntl
import gc
import os
import resource
import select
import signal
import socket
import sys
import warnings
from contextlib import suppress
from pathlib import Path

from searches.decoder import callfilter, kernel, wire
from searches.decoder.confinement import confine, give_up_rights
from searches.decoder.first import warm_up
from searches.decoder.life import MOST_DESCRIPTORS, Life
from searches.decoder.room import Room

_FIXED = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW


def main() -> None:
    """Arguments: the descriptor of the portal's socket, and the room of a decoder."""
    line, file_bytes, pixels = (int(argument) for argument in sys.argv[1:])
    os.chdir("/")
    quiet = os.open(os.devnull, os.O_RDWR)
    kernel.arrange_heap()
    # When memory runs out, decoders go first; nobody has to be asked for that.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    room = Room(file_bytes, pixels)
    give_up_rights(room)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_DESCRIPTORS, MOST_DESCRIPTORS))
    warnings.simplefilter("ignore")  # odd EXIF and surplus tags are harmless, or refused anyway
    first = warm_up()
    gc.freeze()  # what is there stays shared with the decoders
    gc.disable()
    filtered = callfilter.is_possible() and _holds()
    for number in range(3):  # decoders have nothing to say there
        os.dup2(quiet, number)
    filter_ = callfilter.program() if filtered else None
    zygote = Zygote(socket.socket(fileno=line), Life(room, filter_, first, os.getpid()))
    zygote.run()


def _holds() -> bool:
    """Whether a process that is filtered is refused what every other one may do."""
    trial = os.fork()
    if not trial:
        try:
            confine(callfilter.program(), os.getppid())
            os.kill(os.getpid(), 0)
        except PermissionError:
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(trial, 0)[1]) == 0


class Zygote:
    """Forks a decoder whenever it is asked to, and tells the portal of silent ends."""

    def __init__(self, line: socket.socket, life: Life) -> None:
        self._line = line
        self._life = life
        self._decoders: dict[int, socket.socket] = {}

    def run(self) -> None:
        """Until the portal's end of the socket is closed: by its own end, at the latest."""
        line = self._line.fileno()
        ended, bell = os.pipe()
        os.set_blocking(bell, False)
        os.set_blocking(ended, False)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._line.send(wire.HELLO.pack(self._life.filter is not None))
        while True:
            ready, _, _ = select.select([line, ended], [], [])
            if ended in ready:
                with suppress(BlockingIOError):
                    os.read(ended, 4096)
                self._bury()
            if line in ready:
                if self._line.recv(1) != wire.ONE_MORE:
                    return
                self._fork()

    def _fork(self) -> None:
        room = self._life.room
        file, pixels = _memory(room.file_bytes), _memory(room.pixel_bytes)
        theirs, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = kernel.fork()
        if not pid:
            self._life.live(ours.fileno(), file, pixels)
        itself = os.pidfd_open(pid)
        self._decoders[pid] = ours
        handed = [theirs.fileno(), file, pixels, itself]
        try:
            socket.send_fds(self._line, [wire.TICKET], handed)
        finally:
            theirs.close()
            for descriptor in (file, pixels, itself):
                os.close(descriptor)

    def _bury(self) -> None:
        """An answer in place of those who died without one; to all others nobody listens."""
        while self._decoders:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with self._decoders.pop(pid) as line, suppress(OSError):
                if code := os.waitstatus_to_exitcode(status):
                    # What it has not read would reset the connection, and the answer with it.
                    with suppress(BlockingIOError):
                        line.recv(wire.REQUEST_BYTES, socket.MSG_DONTWAIT)
                    line.send(wire.ended(code))


def _memory(size: int) -> int:
    """Memory of `size` bytes that takes up none until it is written, and that nobody resizes."""
    descriptor = os.memfd_create("candor-picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, size)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _FIXED)
    return descriptor
