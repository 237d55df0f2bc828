"""gunicorn's threads come free again, whatever a client does or leaves."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from portal.patience import BoundedSocket, TooSlow

ROOT = Path(__file__).resolve().parents[2]
GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server writes its log."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    """gunicorn as `manage.py serve` starts it, with one thread."""
    chosen = free_port()
    words = ["-m", "gunicorn", "tests.portal.slow_application", "--config", "python:portal.serving"]
    words += ["--bind", f"127.0.0.1:{chosen}", "--workers", "1", "--threads", "1"]
    variables = {**os.environ, "CANDOR_VAR": str(folder)}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=variables, stderr=log)
    try:
        while b"Listening at" not in (folder / "log").read_bytes():
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield chosen
    finally:
        server.terminate()
        server.wait()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answer_to(port: int, request: bytes) -> bytes:
    with connect(port) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nonly this",
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["a head without end", "a body without end", "a chunk without end", "an answer unread"],
)
def test_a_client_that_stands_still_does_not_hold_the_only_thread(port: int, begun: bytes) -> None:
    with connect(port) as slow:
        slow.sendall(begun)
        assert answer_to(port, GET + b"\r\n").endswith(b"read 0")


def test_a_body_that_comes_is_read(port: int) -> None:
    request = GET.replace(b"GET", b"POST") + b"Content-Length: 2000000\r\n\r\n" + bytes(2_000_000)
    assert answer_to(port, request).endswith(b"read 2000000")


@pytest.mark.parametrize(
    "head",
    [b"X-Many: 1\r\n" * 65, b"X-Long: " + b"x" * 8200 + b"\r\n", b"X-No-End: " + b"x" * 900_000],
    ids=["too many fields", "a field too long", "a field without end"],
)
def test_heads_are_bounded(port: int, head: bytes) -> None:
    status = answer_to(port, GET + head + b"\r\n").split(b"\r\n")[0]
    assert status.split()[1] in (b"400", b"431")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: x\r\n",
        b"Content-Length: +5\r\n",
    ],
)
def test_a_body_has_one_length(port: int, head: bytes) -> None:
    """Or a proxy and the server take different bytes for the next request."""
    status = answer_to(port, GET.replace(b"GET", b"POST") + head + b"\r\n").split(b"\r\n")[0]
    assert status.split()[1] in (b"400", b"501")


UNREADABLE = {
    "a space too many": (400, b"GET /find/?q=Zubeida Farouk HTTP/1.1\r\nHost: x\r\n\r\n"),
    "no such method": (400, b"ZUBEIDA=1 / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a broken cookie": (400, GET + b"Cookie sessionid=Zubeida\r\n\r\n"),
    "a broken name": (400, GET + b"Zubeida\0: x\r\n\r\n"),
    "a line too long": (414, b"GET /?q=Zubeida" + b"x" * 99_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a field too long": (431, GET + b"X: Zubeida" + b"x" * 99_000 + b"\r\n\r\n"),
    "no such coding": (501, GET + b"Transfer-Encoding: Zubeida\r\n\r\n"),
    "a wish nobody knows": (417, GET + b"Expect: Zubeida\r\n\r\n"),
    "an application that fails": (500, GET.replace(b"/ ", b"/fails?q=Zubeida ") + b"\r\n"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_nothing_of_a_request_that_failed_is_repeated(port: int, folder: Path, kind: str) -> None:
    """Neither to who asks, nor in the log. gunicorn's own page and line have it all."""
    status, request = UNREADABLE[kind]
    begun = len((folder / "log").read_bytes())
    found = answer_to(port, request)
    head, _, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert body.decode() == f"{status} {HTTPStatus(status).phrase}\n"
    assert b"nosniff" in head
    assert b"default-src 'none'" in head
    logged = (folder / "log").read_bytes()[begun:]
    assert b"request" in logged
    for words in (b"zubeida", b"farouk", b"127.0.0.1"):
        assert words not in (found + logged).lower()


def test_a_trickle_has_an_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and all of them together do not."""
    now = [100.0]
    monkeypatch.setattr("portal.patience.time.monotonic", lambda: now[0])
    here, there = socket.socketpair()
    with there, BoundedSocket(fileno=here.detach()) as bounded:
        bounded.begin()
        there.sendall(bytes(100))
        for _ in range(4):
            now[0] += 5
            assert bounded.recv(1) == b"\0"
        now[0] += 1
        with pytest.raises(TooSlow):
            bounded.recv(1)
        bounded.begin()  # another request of the same connection
        assert bounded.recv(1) == b"\0"
        assert bounded.gettimeout() is None


def test_a_shorter_time_of_gunicorns_own_still_counts() -> None:
    here, there = socket.socketpair()
    with there, BoundedSocket(fileno=here.detach()) as bounded:
        bounded.begin()
        bounded.settimeout(0.01)
        with pytest.raises(TimeoutError):
            bounded.recv(1)
