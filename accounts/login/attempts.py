"""Attempts to log in from one address of the network, counted apart from those on an account.

allauth counts both together ("login_failed") and forgets both at a right second factor or a new
password. Whoever has an account of their own could go on guessing other people's that way.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import RateLimitUsage, consume
from django.http import HttpRequest


def begin(request: HttpRequest) -> RateLimitUsage:
    """Count an attempt as failed until it is rolled back. Raises ValidationError at the limit.

    Counted before and not after it is judged, so that many at once get no further.
    """
    usage = consume(request, app="allauth.account", action="login_failed_from")
    if usage is None:
        raise get_adapter().validation_error("too_many_login_attempts")
    return usage


@contextmanager
def counted(request: HttpRequest) -> Iterator[None]:
    """An attempt whose failure raises. A success takes back this one alone."""
    usage = begin(request)
    yield
    usage.rollback()
