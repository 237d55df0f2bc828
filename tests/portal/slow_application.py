"""What tests/portal/test_patience.py has gunicorn serve: a body is read, an answer is
large, a request fails."""

from collections.abc import Callable, Iterable
from typing import Any

from portal import patience

patience.SECONDS = 0.5
LARGE = 64 * 2**20  # more than the buffers of a connection hold
patience.SPEED = LARGE * 4


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/fails":
        raise ValueError(environ["QUERY_STRING"])
    body = environ["wsgi.input"].read()
    answer = b"x" * LARGE if environ["PATH_INFO"] == "/large" else b"read %d" % len(body)
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
