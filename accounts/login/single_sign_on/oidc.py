"""allauth's OpenID Connect provider, narrowed to what agencies' log-ins need."""

import secrets
import time
from typing import Any

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.login.single_sign_on.id_tokens import read_id_token
from accounts.login.single_sign_on.refusals import Refused
from accounts.models import IdentityProvider
from portal import platform_key
from portal.outgoing import Outgoing, is_acceptable

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LOGIN, PROOF = "login", "proof"


def secret_identity(provider: IdentityProvider) -> str:
    """What a sealed client secret is bound to."""
    return f"sign-on:{provider.pk}"


def app_of(row: IdentityProvider) -> SocialApp:
    """What allauth wants to know of a provider; never stored."""
    sealed = bytes(row.client_secret)
    return SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=str(row.pk),
        name=row.name,
        client_id=row.client_id,
        secret=platform_key.unseal(sealed, secret_identity(row)).decode(),
        settings={"server_url": row.issuer, "oauth_pkce_enabled": True},
    )


def discover(issuer: str) -> dict[str, Any]:
    """What a provider publishes about itself (OpenID Connect Discovery 1.0).

    Raises Refused("sso_unreachable") when it does not answer, Refused("sso_misconfigured") when
    the answer is of another issuer or lacks something.
    """
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    config = _fetch(address)
    if config.get("issuer") != issuer:
        raise Refused("sso_misconfigured", "issuer")
    for name in ENDPOINTS:
        if not isinstance(config.get(name), str) or not is_acceptable(config[name]):
            raise Refused("sso_misconfigured", name)
    return config


def _fetch(address: str) -> dict[str, Any]:
    with Outgoing() as session:
        try:
            response = session.get(address)
            response.raise_for_status()
            found = response.json()
        except requests.RequestException as error:
            raise Refused("sso_unreachable", type(error).__name__) from error
    if not isinstance(found, dict):
        raise Refused("sso_misconfigured", "not an object")
    return found


class OidcAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_openid_config"):
            self._openid_config = discover(self.get_provider().row.issuer)
        return self._openid_config

    def get_provider(self) -> "AgencyProvider":
        if not hasattr(self, "_provider"):
            self._provider = get_adapter(self.request).get_provider(
                self.request, provider=self.provider_id
            )
        provider: AgencyProvider = self._provider
        return provider

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Built from the setting: a request's Host header is whatever its sender wrote."""
        path = reverse("openid_connect_callback", kwargs={"provider_id": self.provider_id})
        return settings.BASE_URL + path

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """By the ID token alone, whose signature is checked also though it came by TLS."""
        text = kwargs["response"].get("id_token")
        if not isinstance(text, str):
            raise Refused("sso_refused", "no ID token")
        provider = self.get_provider()
        published = _fetch(self.openid_config["jwks_uri"])
        claims = read_id_token(text, published, provider.row)
        login = provider.sociallogin_from_response(request, {"id_token": claims})
        # What allauth's record of the log-in keeps, and accounts/.../sessions.py reads.
        login.account.provider = str(provider.row.agency_id)
        return login


class AgencyProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """The provider of one agency, for one request."""

    oauth2_adapter_class = OidcAdapter

    def __init__(self, request: HttpRequest, row: IdentityProvider) -> None:
        super().__init__(request, app=app_of(row))
        self.row = row

    def get_default_scope(self) -> list[str]:
        return ["openid", "email"]

    def send_away(
        self, request: HttpRequest, *, process: str, next_url: str, hint: str = ""
    ) -> HttpResponse:
        """The redirect to the provider; what it must answer to is kept in the session."""
        nonce = secrets.token_urlsafe(32)
        params = {"nonce": nonce}
        if process == PROOF:
            params |= {"prompt": "login", "max_age": "0"}
        if hint:
            params["login_hint"] = hint
        response: HttpResponse = self.redirect(
            request,
            process,
            next_url=next_url,
            auth_params=params,
            nonce=nonce,
            asked_at=time.time(),
        )
        return response
