"""What each request goes through: methods, headers, names, and services that are away."""

import logging
import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from portal.away import PartAway

logger = logging.getLogger(__name__)

# Everything comes from this server; htmx runs without eval and without inline styles.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "manifest-src 'self'",
    ]
)


# What default-src does not stand for: said for files, whose views only say that they load nothing.
WITHOUT_DEFAULT = "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
# What a page could ask of the device. Passkeys, the clipboard and full screen stay allowed.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "autoplay", "camera", "display-capture", "geolocation"),
        *("gyroscope", "hid", "local-fonts", "magnetometer", "microphone", "midi", "payment"),
        *("serial", "usb", "xr-spatial-tracking"),
    )
)


class SecurityHeaders:
    """First of those that touch an answer, so that files and redirects carry them as well.

    Django's SecurityMiddleware adds nosniff, the policies for referrers and openers, and HSTS.
    What is content says nothing of caches and is kept by none; what may be kept says so itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = response.get("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        if "frame-ancestors" not in policy:
            policy = f"{policy}; {WITHOUT_DEFAULT}"
        response["Content-Security-Policy"] = policy
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cache-Control", "private, no-store")
        return response


METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class KnownMethods:
    """TRACE and what nobody knows are refused: many views would answer them as GET.

    Views of the API take what they name and no more, and refuse in their own words.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS and not request.path.startswith("/api/"):
            return HttpResponseNotAllowed(METHODS)
        return self.get_response(request)


_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestId:
    """Every request has a name, the client's own or a new one, which its answer repeats."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class PartsAway:
    """A page that needs a service which does not answer says so; the API has its own words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, PartAway):
            return None
        logger.error("%s: %s", error.code, error)
        response = render(request, "portal/errors/503.html", {"code": error.code}, status=503)
        response["Retry-After"] = "30"
        return response
