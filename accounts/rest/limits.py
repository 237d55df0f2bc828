"""How many requests a token may make, and how it is told (draft-ietf-httpapi-ratelimit-headers)."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW = 60  # seconds


class TokenThrottle(BaseThrottle):
    """CANDOR_API_PER_MINUTE requests of one token in a minute of the clock.

    Counted in the cache that all processes share by one statement, so that many at once are
    counted one by one. A request without a token is refused before it gets here.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        inner: Any = request._request
        if getattr(inner, "token", None) is None:
            return True
        now = time.time()
        most, window = settings.API_PER_MINUTE, int(now // WINDOW)
        self._left_seconds = WINDOW - int(now % WINDOW)
        count = _count(f"api:{inner.token.pk}:{window}")
        inner.rate = (most, max(most - count, 0), self._left_seconds)
        return bool(count <= most)

    def wait(self) -> float:
        return float(self._left_seconds)


def _count(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # the first in this window, or one of several that believe so
        cache.add(key, 0, 2 * WINDOW)
        return cache.incr(key)


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
