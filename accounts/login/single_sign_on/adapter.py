"""django-allauth's hooks for log-in by an agency's identity provider."""

import hmac
import logging
import uuid
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.http import HttpRequest, QueryDict
from django.shortcuts import redirect
from requests import RequestException

from accounts.login.single_sign_on.id_tokens import (
    require_recent,
    require_second_factor,
    verified_address,
)
from accounts.login.single_sign_on.oidc import PROOF, AgencyProvider
from accounts.login.single_sign_on.pages import refusal_page
from accounts.login.single_sign_on.refusals import Refused
from accounts.login.single_sign_on.sessions import METHOD, agency_of_session
from accounts.models import User
from accounts.services.sign_on_links import admit, is_link_of, record_refusal
from accounts.sign_on_queries import provider_of
from portal.http import source_of
from portal.outgoing import Outgoing

log = logging.getLogger(__name__)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Providers are rows of agencies; nothing of allauth's own tables is used."""

    def list_apps(
        self, request: HttpRequest, provider: Any = None, client_id: Any = None
    ) -> list[SocialApp]:
        """None are offered without being asked for: the address of a person tells which."""
        return []

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: Any = None
    ) -> AgencyProvider:
        try:
            row = provider_of(uuid.UUID(str(provider)))
        except ValueError:
            row = None
        if row is None:
            raise SocialApp.DoesNotExist
        return AgencyProvider(request, row)

    def get_requests_session(self) -> Outgoing:
        return Outgoing()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """People come by invitation only."""
        return False

    def authenticate_by_email(self, login: SocialLogin) -> None:
        """Done below: allauth would take the password of whom it finds away."""
        return

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Decide whom a checked token stands for; the only way on is an existing person."""
        provider: AgencyProvider = sociallogin.provider
        claims, state = sociallogin.account.extra_data["id_token"], sociallogin.state
        proof = state.get("process") == PROOF
        try:
            if not hmac.compare_digest(str(claims.get("nonce", "")), str(state["nonce"])):
                raise Refused("sso_refused", "nonce")
            require_recent(claims, state["asked_at"], proof=proof)
            require_second_factor(claims, provider.row)
            if proof:
                self._prove(request, sociallogin)
            address = verified_address(claims, provider.row)
            sociallogin.user = admit(
                provider=provider.row,
                subject=claims["sub"],
                address=address,
                source=source_of(request),
            )
        except Refused as refused:
            self._refuse(request, provider, refused, str(claims.get("email", "")))

    def _prove(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The person who is logged in was there again: note it, and do what waited for it."""
        row, user = sociallogin.provider.row, request.user
        known = isinstance(user, User) and is_link_of(row, sociallogin.account.uid, user)
        if not known or agency_of_session(request) != row.agency_id:
            raise Refused("sso_other_person")
        record_authentication(
            request,
            user,
            METHOD,
            provider=sociallogin.account.provider,
            uid=sociallogin.account.uid,
            reauthenticated=True,
        )
        wanted = QueryDict(mutable=True)
        wanted["next"] = sociallogin.state.get("next", "")
        request.GET = wanted  # type: ignore[assignment]
        raise ImmediateHttpResponse(resume_request(request) or redirect("home"))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: AgencyProvider,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """What goes wrong inside allauth's flow ends on our page."""
        unreachable = isinstance(exception, RequestException)
        code = "sso_unreachable" if unreachable else "sso_refused"
        self._refuse(request, provider, Refused(code, f"{error} {type(exception).__name__}"))

    def _refuse(
        self, request: HttpRequest, provider: AgencyProvider, refused: Refused, label: str = ""
    ) -> None:
        log.warning("sign-on by %s: %s", provider.row.pk, refused.code)
        record_refusal(
            provider=provider.row, code=refused.code, label=label, source=source_of(request)
        )
        raise ImmediateHttpResponse(refusal_page(request, refused.code)) from refused
