"""Counts requests by the name of their view; paths hold tokens, and are without end."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.logs.middleware import view_of
from portal.metrics.instruments import REQUEST_SECONDS, REQUESTS


class RequestMetrics:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        view = view_of(request)
        REQUESTS.labels(view, response.status_code).inc()
        REQUEST_SECONDS.labels(view).observe(time.perf_counter() - began)
        return response
