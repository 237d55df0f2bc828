"""gunicorn's threads, which do not wait for ever, and do not say what they read.

A thread reads head and body of a request itself, and gunicorn puts no end to it: eight clients that
send a byte now and then would hold all eight threads of a portal. Here a client gets some seconds,
and one more for each SPEED bytes that it has sent or takes, at whatever pace; then its connection
is closed. A proxy that collects requests before it hands them on is the better protection, and this
one is for who has none (docs/operations.md).
"""

import errno
import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import TConn, ThreadWorker

from portal import own_answers

SECONDS = 20.0
SPEED = 64 * 1024  # bytes in a second: half a megabit
REST, CHUNK = 2**20, 2**16  # bytes


class TooSlow(ConnectionResetError):
    """Of the kind that gunicorn takes for a client that went away: not worth a traceback."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the client is too slow")


class BoundedSocket(socket.socket):
    """A client's connection. Reading and writing have an end each, counted from `begin`."""

    _begun = 0.0
    _bytes = 0

    def begin(self) -> None:
        """Another request: its head and body have their time from here on."""
        self._begun, self._bytes = time.monotonic(), 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        ends = self._begun + SECONDS + self._bytes / SPEED
        data: bytes = self._within(ends - time.monotonic(), super().recv, size, flags)
        self._bytes += len(data)
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._within(SECONDS + len(data) / SPEED, super().sendall, data, flags)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        seconds = SECONDS + (count or 0) / SPEED
        sent: int = self._within(seconds, super().sendfile, file, offset, count)
        return sent

    def _within(self, seconds: float, act: Any, *args: Any) -> Any:
        """Do it within so many seconds, or fewer where gunicorn has set a time itself."""
        given = self.gettimeout()
        if seconds <= 0:
            raise TooSlow
        self.settimeout(seconds if given is None else min(seconds, given))
        try:
            return act(*args)
        except TimeoutError:
            if given is not None and given < seconds:
                raise
            raise TooSlow from None
        finally:
            self.settimeout(given)


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker of threads over such connections."""

    def enqueue_req(self, conn: TConn) -> None:
        if not isinstance(conn.sock, BoundedSocket):
            conn.sock = BoundedSocket(fileno=conn.sock.detach())
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        conn.sock.begin()
        return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Instead of gunicorn's page and line, which repeat the request."""
        status = own_answers.status_of(exc)
        own_answers.tell(exc, status)
        with suppress(OSError):  # who asked may have gone
            write_nonblock(client, own_answers.answer(status))
            _take_rest(client)


def _take_rest(client: socket.socket) -> None:
    """Read what has come already: a connection closed over it would take the answer with it."""
    client.setblocking(False)
    for _ in range(REST // CHUNK):
        if not client.recv(CHUNK):
            return
