"""How much a request may bring, and how many one person may make."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render

from accounts.faults import Fault
from portal.ratelimit import one_more

Answer = Callable[[HttpRequest], HttpResponse]
# Bodies that are files, or parts of one; all others are forms and JSON.
FILES = ("multipart/form-data", "application/octet-stream")
API = "/api/"
FORBIDDEN, TOO_LARGE, LENGTH_MISSING, TOO_MANY, TIMED_OUT = 403, 413, 411, 429, 408


class ApiOverHttps:
    """Refuses the API over plain http, where pages are redirected to https.

    A program that is redirected goes on for years to send its token in clear first, unnoticed.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure() and _is_api(request):
            return _refusal(request, FORBIDDEN, "https_only")
        return self.get_response(request)


class BodyLimits:
    """Refuses a body that is too long, or of which nobody says how long it is, before it is read.

    Django reads no more than Content-Length says: without one it would take the body for empty.
    How slowly it may come is the server's to say (portal/patience.py).
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "")
        if not length.isdecimal() and (length or "HTTP_TRANSFER_ENCODING" in request.META):
            return _refusal(request, LENGTH_MISSING, "length_missing")
        if length and int(length) > _most(request):
            return _refusal(request, TOO_LARGE, "body_too_large")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The rest of the body did not come; the API has the same in its own words."""
        if not isinstance(error, UnreadablePostError):
            return None
        return _refusal(request, TIMED_OUT, "body_not_received")


class PersonLimits:
    """CANDOR_PAGES_PER_MINUTE requests of one person in a minute, over all their browsers.

    After authentication. Programs have a limit of their own (accounts/rest/limits.py), people who
    are not logged in have limits by address where they can ask for something.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            use = one_more("pages", request.user.pk)
            if use.number > settings.PAGES_PER_MINUTE:
                answer = _refusal(request, TOO_MANY, "too_many_pages")
                answer["Retry-After"] = str(use.left_seconds)
                return answer
        return self.get_response(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API)


def _most(request: HttpRequest) -> int:
    brings_files = request.content_type in FILES
    return settings.BODY_MAX_BYTES if brings_files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _refusal(request: HttpRequest, status: int, code: str) -> HttpResponse:
    """A code for programs, and a page for people that needs neither database nor session."""
    from accounts.rest.problems import plain_answer

    fault = Fault(code)
    if _is_api(request):
        return plain_answer(status, fault, request)
    facts = {"status": status, "code": code, "message": fault.message}
    return render(request, "portal/errors/refused.html", facts, status=status)
