"""Which browsers a person has used before: a signed cookie, no trace on the server."""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

YEAR = 365 * 24 * 3600
SALT = "accounts.known_browsers"
MOST = 20


def is_known(request: HttpRequest, user: User) -> bool:
    """Whether this browser has seen a complete log-in of the person within a year."""
    return user.pk in _people(request)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Have the browser tell us next time. It opens nothing: it only saves a warning by mail."""
    people = [user.pk, *(pk for pk in _people(request) if pk != user.pk)][:MOST]
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps(people, salt=SALT),
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _people(request: HttpRequest) -> list[int]:
    try:
        kept = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, "")
        people = signing.loads(kept, salt=SALT, max_age=YEAR)
    except signing.BadSignature:
        return []
    return [int(pk) for pk in people]
