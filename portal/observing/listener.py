"""A worker's own address for its metrics, where CANDOR_METRICS_LISTEN names one."""

import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from django.conf import settings
from django.db import connections

from portal.metrics.store import CONTENT_TYPE, exposition
from portal.observing.rows import Rows
from portal.observing.views import may_read

logger = logging.getLogger(__name__)


class _Numbers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """On a loopback address without a token; else as the page of the web server."""
        refused = settings.METRICS_TOKEN and not may_read(self.headers.get("Authorization", ""))
        if refused or self.path.strip("/") != "metrics":
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._answer()

    def _answer(self) -> None:
        try:
            text = exposition(Rows())
        finally:
            connections.close_all()  # those of this thread
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it is asked several times a minute."""


def listen() -> ThreadingHTTPServer | None:
    """Answer from a thread of this process until it ends; None where the setting is empty.

    An address that is taken costs the metrics and not the worker.
    """
    if settings.METRICS_LISTEN is None:
        return None
    try:
        server = ThreadingHTTPServer(settings.METRICS_LISTEN, _Numbers)
    except OSError:
        logger.exception("Nobody can ask for metrics: the address is not to be had")
        return None
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
