"""The log of requests: one line each, by the view's name and never by the path.

Paths hold the tokens of links, and queries what people look for.
"""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from portal.logs.context import working

logger = logging.getLogger("portal.requests")

QUIET = ("health", "live", "ready", "metrics")
"""Views that machines ask all the time."""


def view_of(request: HttpRequest) -> str:
    """The name of the view that answered, out of the closed map of addresses."""
    match = request.resolver_match
    return (match.view_name if match else "") or "unmatched"


def about(request: HttpRequest) -> dict[str, str]:
    """The ids in the address: numbers and UUIDs, never words or tokens."""
    match = request.resolver_match
    given = match.kwargs.items() if match else ()
    return {name: str(value) for name, value in given if isinstance(value, int | UUID)}


class RequestLog:
    """Everything that is logged during a request carries its id; at its end there is a line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with working(request=request.request_id):  # type: ignore[attr-defined]
            response = self.get_response(request)
            view = view_of(request)
            level = logging.DEBUG if view in QUIET else logging.INFO
            facts = {
                "view": view,
                "method": request.method if request.method in KNOWN_METHODS else "other",
                "status": response.status_code,
                "about": about(request),
                "ms": round((time.perf_counter() - began) * 1000),
            }
            logger.log(level, "answered", extra=facts)
        return response


KNOWN_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
