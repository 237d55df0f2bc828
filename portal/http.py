"""Requests as Candor's views see them."""

from contextlib import suppress
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def source_of(request: HttpRequest) -> str:
    """The client's address for the record.

    Behind a proxy it is the last entry of X-Forwarded-For, which that proxy adds itself; the
    entries before it are whatever the client claims.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        claimed = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        with suppress(ValueError):  # nothing usable: the proxy's own address is true at least
            address = str(ip_address(claimed))
    return address[:64]


class HtmxRequest(HttpRequest):
    """A request after django-htmx's middleware."""

    htmx: HtmxDetails
