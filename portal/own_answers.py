"""What gunicorn answers itself: to requests that nobody could read, or that broke on their way.

Its own page and its own log line repeat pieces of the request, and a request that cannot be read
is often a good one with a space too many: a name that somebody looks for, a cookie. The answer here
has the portal's headers and no word of the request, the line in the log says what was wrong by its
kind.
"""

import logging
import ssl
from http import HTTPStatus

from django.conf import settings
from gunicorn.http import errors

from portal.middleware import PERMISSIONS_POLICY, WITHOUT_DEFAULT

logger = logging.getLogger(__name__)

STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.ForbiddenProxyRequest: HTTPStatus.FORBIDDEN,
    ssl.SSLError: HTTPStatus.FORBIDDEN,
    # What we would have sent, or how we are set up: no fault of the client.
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ConfigurationProblem: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ParseException: HTTPStatus.BAD_REQUEST,  # all others
}


def status_of(error: Exception) -> HTTPStatus:
    """What a client is told of it; 500 of everything that does not come from reading a request."""
    kinds = (STATUSES[kind] for kind in type(error).mro() if kind in STATUSES)
    return next(kinds, HTTPStatus.INTERNAL_SERVER_ERROR)


def answer(status: HTTPStatus) -> bytes:
    """A whole answer, after which the connection is closed."""
    body = f"{status.value} {status.phrase}\n"
    fields = {
        "Connection": "close",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; {WITHOUT_DEFAULT}",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS_POLICY,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
    }
    if settings.SECURE_HSTS_SECONDS:
        fields["Strict-Transport-Security"] = _for_https()
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n{body}".encode()


def _for_https() -> str:
    """As Django's SecurityMiddleware says it."""
    parts = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    parts += ["includeSubDomains"] * settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
    return "; ".join(parts + ["preload"] * settings.SECURE_HSTS_PRELOAD)


def tell(error: Exception, status: HTTPStatus) -> None:
    """The line in the log. Of an error its formatter writes the kind and the place, no text."""
    if status < HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.NOT_IMPLEMENTED:
        logger.warning("a request could not be read: %s", type(error).__name__)
    else:
        logger.error("a request failed outside the portal", exc_info=error)
