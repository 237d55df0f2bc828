"""A session that only a password has opened leads to the set-up of a second factor, no further."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _

from accounts.faults import Fault
from accounts.http import FOR_EVERYBODY
from accounts.login import records
from accounts.login.factors import has_factor
from accounts.login.single_sign_on.sessions import agency_of_session
from accounts.middleware import WITHOUT_AGENCY

# What a session may always do.
ALWAYS = frozenset(
    {
        "account_logout",
        "set_language",
        "health",
        "sign_on",
        "openid_connect_login",
        "openid_connect_callback",
    }
)
# What a person without a factor needs in order to get one.
SETTING_UP = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
    }
)


class SecondFactorGate:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or hasattr(view, "cls"):
            return None  # the API's views go by tokens
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in ALWAYS or name in FOR_EVERYBODY:
            return None
        if agency_of_session(request) is not None:
            return _keep_factors(request, name)
        if records.is_complete(request):
            return _passkey_first(request, name)
        if has_factor(request.user):
            # Somebody has set one up since, in another session: this one has proved nothing.
            logout(request)
            messages.info(request, _("Log in again with your second factor."))
            return _lead_to(request, "account_login")
        return None if name in SETTING_UP else _lead_to(request, "mfa_index")


def _keep_factors(request: HttpRequest, name: str) -> HttpResponse | None:
    """An agency's provider must not set up factors that open the person's other agencies."""
    if not name.startswith("mfa_"):
        return None
    context = {"fault": Fault("sso_not_here")}
    return render(request, "accounts/sign_on/not_here.html", context, status=403)


def _passkey_first(request: HttpRequest, name: str) -> HttpResponse | None:
    """An agency may demand what cannot be given away to a false page; one's own pages stay open."""
    policy = getattr(request, "policy", None)
    if policy is None or not policy.passkey_required or name in WITHOUT_AGENCY:
        return None
    if records.used_passkey(request):
        return None
    messages.info(request, _("Your agency demands a passkey: set one up, or log in with it."))
    return _lead_to(request, "mfa_index")


def _lead_to(request: HttpRequest, name: str) -> HttpResponse:
    if "HX-Request" not in request.headers:
        return redirect(name)
    return HttpResponse(status=204, headers={"HX-Redirect": resolve_url(name)})
