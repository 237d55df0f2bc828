"""The page on which a log-in by an identity provider ends without success."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.faults import Fault

UNREACHABLE = ("sso_unreachable", "sso_misconfigured")


def refusal_page(request: HttpRequest, code: str) -> HttpResponse:
    """502 when the provider is at fault, 403 otherwise."""
    status = 502 if code in UNREACHABLE else 403
    context = {"fault": Fault(code), "agency": None}
    return render(request, "accounts/sign_on/refused.html", context, status=status)
