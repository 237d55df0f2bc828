"""Logging in by an agency's identity provider: to it, back from it, and the proof asked again."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.faults import Fault
from accounts.forms_sign_on import AddressForm
from accounts.login.single_sign_on.oidc import LOGIN, PROOF, AgencyProvider, OidcAdapter
from accounts.login.single_sign_on.pages import refusal_page
from accounts.login.single_sign_on.refusals import Refused
from accounts.login.single_sign_on.sessions import agency_of_session
from accounts.models import IdentityProvider
from accounts.services.sign_on_links import record_refusal
from accounts.sign_on_queries import domain_of, provider_for
from portal.http import source_of
from portal.tenancy import scope

View = Callable[..., HttpResponse]
# What allauth raises for an answer of the token endpoint that has another shape.
MALFORMED = (KeyError, TypeError, ValueError, AttributeError)


def _inside(request: HttpRequest) -> str:
    """The page to go on to, if it is one of this site."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def _is_limited(request: HttpRequest) -> bool:
    return not ratelimit.consume(request, action="sign_on")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_on(request: HttpRequest) -> HttpResponse:
    """Asks for the address and shows the way to its agency's log-in.

    The answer tells that a domain is bound, never whether somebody has an account.
    """
    form = AddressForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "next": _inside(request), "agency": None}
    status = 200
    if request.method == "POST" and form.is_valid():
        if _is_limited(request):
            form.add_error(None, Fault("sso_too_many").as_validation_error())
            status = 429
        elif found := provider_for(domain_of(form.cleaned_data["email"])):
            query = {"hint": form.cleaned_data["email"], "next": context["next"]}
            start = reverse("openid_connect_login", args=[found.pk])
            context |= {"provider": found, "start": f"{start}?{urlencode(query)}"}
            # The next page is another site's, and a form must not lead there: a link does.
            return render(request, "accounts/sign_on/found.html", context)
        else:
            form.add_error("email", Fault("sso_domain_not_bound").as_validation_error())
    if form.errors:
        status = max(status, 422) if status != 429 else 429
    return render(request, "accounts/sign_on/address.html", context, status=status)


def _provider(request: HttpRequest, pk: UUID) -> AgencyProvider:
    try:
        provider: AgencyProvider = get_adapter(request).get_provider(request, str(pk))
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    return provider


def ends_on_a_page(view: View) -> View:
    """A refusal anywhere in allauth's flow ends on a page with its code."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return refusal_page(request, refused.code)
        except ImmediateHttpResponse as answer:
            response: HttpResponse = answer.response
            return response

    return guarded


@login_not_required
@never_cache
@require_safe
@ends_on_a_page
def start(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """To the provider, for a log-in."""
    provider = _provider(request, provider_id)
    if _is_limited(request):
        return refusal_page(request, "sso_too_many")
    hint = request.GET.get("hint", "")[:254]
    return provider.send_away(request, process=LOGIN, next_url=_inside(request), hint=hint)


@login_not_required
@never_cache
@require_safe
@ends_on_a_page
def callback(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Back from the provider. allauth takes state and code; SocialAdapter decides."""
    provider = _provider(request, provider_id)
    try:
        return _take(request, provider)
    except Refused as refused:
        source = source_of(request)
        record_refusal(provider=provider.row, code=refused.code, label="", source=source)
        raise


def _take(request: HttpRequest, provider: AgencyProvider) -> HttpResponse:
    sent = request.GET.get("iss")
    if sent is not None and sent != provider.row.issuer:  # RFC 9207
        raise Refused("sso_refused", "iss")
    view = OAuth2CallbackView.adapter_view(OidcAdapter(request, str(provider.row.pk)))
    try:
        response: HttpResponse = view(request)
    except MALFORMED as error:
        raise Refused("sso_refused", type(error).__name__) from error
    return response


@never_cache
@require_safe
def sign_on_confirm(request: HttpRequest) -> HttpResponse:
    """Is it you? For people whose session an agency's provider has opened."""
    agency_id = agency_of_session(request)
    if agency_id is None:
        return redirect("account_reauthenticate")
    with scope(agency_id):
        provider = IdentityProvider.objects.filter(enabled_at__isnull=False).first()
    context = {"provider": provider, "next": _inside(request)}
    return render(request, "accounts/sign_on/confirm.html", context)


@never_cache
@require_safe
@ends_on_a_page
def prove(request: HttpRequest) -> HttpResponse:
    """To the provider, which must ask the person again."""
    agency_id = agency_of_session(request)
    if agency_id is None:
        return redirect("account_reauthenticate")
    if _is_limited(request):
        return refusal_page(request, "sso_too_many")
    with scope(agency_id):
        row = IdentityProvider.objects.filter(enabled_at__isnull=False).first()
    if row is None:
        raise Refused("sso_not_ready")
    provider = _provider(request, row.pk)
    return provider.send_away(
        request, process=PROOF, next_url=_inside(request), hint=request.user.get_username()
    )
