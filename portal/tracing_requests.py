"""The first span of a trace: the request. Its thread may come from a proxy in front."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal import tracing
from portal.logs.context import current
from portal.logs.middleware import QUIET, view_of


class RequestTraces:
    """Takes no time while traces are off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.OTLP_URL or request.path_info.strip("/") in QUIET:
            return self.get_response(request)
        # Anybody can send the header: only a proxy of the operator's may join our spans to its own.
        given = request.headers.get("traceparent", "") if settings.BEHIND_PROXY else ""
        with tracing.span("request", {"traceparent": given} if given else None):
            response = self.get_response(request)
            known = {name: current().get(name) for name in ("agency", "user")}
            tracing.note(view=view_of(request), status=response.status_code, **known)
        return response
