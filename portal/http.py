"""Requests as Candor's views see them."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def source_of(request: HttpRequest) -> str:
    """The client's address for the record, as the application server gives it."""
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


class HtmxRequest(HttpRequest):
    """A request after django-htmx's middleware."""

    htmx: HtmxDetails
