"""Maintenance, read-only and features that are switched off.

In maintenance nothing but the way in for the platform's staff answers, and no query is made. When
only reading is open, acts are refused; the record still writes down who looked at what.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from rest_framework.request import Request

from accounts.faults import Fault
from accounts.features import SAFE, Feature, closed_feature
from accounts.platform.middleware import PREFIX
from accounts.urls_login import OWN_PAGES
from portal.models import Mode
from portal.operating import Operating, operating

MACHINES = ("live", "ready", "health", "metrics")
# Whom one is, and in which language, changes nothing of an agency.
ALWAYS = frozenset({*OWN_PAGES, "set_language"})
ALSO_READ_ONLY = frozenset({"notice", "switch_agency"})


class OperatingGate:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.strip("/") in MACHINES:
            return self.get_response(request)  # liveness asks the database for nothing
        found = operating()
        if found.mode == Mode.MAINTENANCE and not _leads_in(request):
            return _refusal(request, found)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """What is read only, and pages of features that are off; by now it is known who asks.

        Of features the API asks `require_switched_on`, after its log-in.
        """
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in MACHINES:
            return None
        found, method = operating(), request.method or ""
        if found.mode == Mode.READ_ONLY and not _is_harmless(request, method, name):
            return _refusal(request, found)
        off = getattr(getattr(request, "agency", None), "features_off", [])
        if closed_feature(off, method, name) is None:
            return None
        return render(request, "portal/operating/feature_off.html", status=403)


def require_switched_on(request: Request) -> None:
    """Raise Problem (403, `feature_off`) for what is switched off for the token's agency."""
    from accounts.rest.problems import Problem

    inner: Any = request._request
    off, match = inner.agency.features_off, inner.resolver_match
    name = match.view_name if match else ""
    if Feature.API in off or closed_feature(off, request.method or "", name):
        raise Problem(403, Fault("feature_off"))


def _leads_in(request: HttpRequest) -> bool:
    """The platform's pages, and those by which its staff log in."""
    if request.path_info.startswith(PREFIX):
        return True
    try:
        return resolve(request.path_info).view_name in ALWAYS
    except Resolver404:
        return False


def _is_harmless(request: HttpRequest, method: str, name: str) -> bool:
    """Whether a request changes nothing of an agency, or is the platform's."""
    allowed = name in ALWAYS or name in ALSO_READ_ONLY
    return method in SAFE or allowed or request.path_info.startswith(PREFIX)


def _refusal(request: HttpRequest, found: Operating) -> HttpResponse:
    """503 with a code for programs and a page for people."""
    from accounts.rest.problems import plain_answer

    answer: HttpResponse
    if request.path_info.startswith("/api/"):
        answer = plain_answer(503, Fault(found.mode.value), request)
    else:
        page = f"portal/operating/{found.mode.value}.html"
        answer = render(request, page, {"found": found}, status=503)
    answer["Retry-After"] = str(found.wait)
    answer["Cache-Control"] = "no-store"
    return answer
