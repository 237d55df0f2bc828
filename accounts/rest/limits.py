"""How many requests a token may make, and how it is told (draft-ietf-httpapi-ratelimit-headers)."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from portal.ratelimit import WINDOW, one_more


class TokenThrottle(BaseThrottle):
    """CANDOR_API_PER_MINUTE requests of one token in a minute of the clock.

    A request without a token is refused before it gets here.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        inner: Any = request._request
        if getattr(inner, "token", None) is None:
            return True
        most, use = settings.API_PER_MINUTE, one_more("api", inner.token.pk)
        self._left_seconds = use.left_seconds
        inner.rate = (most, max(most - use.number, 0), use.left_seconds)
        return use.number <= most

    def wait(self) -> float:
        return float(self._left_seconds)


def headers_of(request: Any) -> dict[str, str]:
    """The standard headers for a request that was counted."""
    rate = getattr(request, "rate", None)
    if rate is None:
        return {}
    most, left, seconds = rate
    return {
        "RateLimit-Policy": f'"token";q={most};w={WINDOW}',
        "RateLimit": f'"token";r={left};t={seconds}',
    }
