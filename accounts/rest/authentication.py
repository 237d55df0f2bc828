"""Programs log in with an API token in the Authorization header, and in no other way."""

from dataclasses import replace
from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.access import actor_of, memberships_of
from accounts.actor import Actor
from accounts.agency_states import WORKING
from accounts.faults import Fault
from accounts.models import Agency, ApiToken, Membership, User
from accounts.secrets import is_token
from accounts.services.tokens import find_token, note_use
from portal.http import source_of
from portal.tenancy import scope

CHALLENGE = 'Bearer realm="candor"'


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer candor_...`; anything wrong with it is 401 with a code.

    Sets `actor`, `agency` and `token` on the request and opens the agency's scope until the view
    has answered. What the token may do is what it was made for and its owner may do now.
    """

    def authenticate(self, request: Request) -> "tuple[User, Any] | None":
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            user = self._enter(request._request, secret.strip())
        except Fault as fault:
            raise AuthenticationFailed(fault.message, fault.code) from fault
        return user, request._request.token  # type: ignore[attr-defined]

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE

    def _enter(self, request: Any, secret: str) -> User:
        if not is_token(secret):
            raise Fault("token_invalid")
        return enter(request, find_token(secret))


def enter(request: Any, token: ApiToken) -> User:
    """Let the request act as the token's owner may now, in the agency's scope. Raises Fault."""
    actor, agency = _acting(token, source_of(request))
    request.scopes.enter_context(scope(agency.pk))
    request.actor, request.agency, request.token = actor, agency, token
    note_use(token)
    return token.user


def secret_of(request: Any) -> str:
    """The text of the token that a request was made with."""
    header: str = request.headers.get("Authorization", "")
    return header.partition(" ")[2].strip()


def bearer_of(secret: str, source: str) -> tuple[Actor, Agency, ApiToken]:
    """Who has this token, with what they may do by it now. Raises Fault."""
    if not is_token(secret):
        raise Fault("token_invalid")
    token = find_token(secret)
    return *_acting(token, source), token


def _acting(token: ApiToken, source: str) -> tuple[Actor, Agency]:
    """The token's owner with what the token and they may do now. Raises Fault."""
    agency, membership = _place_of(token.user, token.agency_id)
    actor = actor_of(token.user, agency, membership, f"{source} (token {token.pk})")
    may = frozenset(p for p in actor.permissions if p in token.permissions)
    return replace(actor, permissions=may), agency


def _place_of(user: User, agency_id: int) -> tuple[Agency, Membership]:
    """The agency and the membership in it, both in working order. Raises Fault."""
    for agency, membership in memberships_of(user):
        works = user.is_active and membership.deactivated_at is None and agency.state in WORKING
        if agency.pk == agency_id and works:
            return agency, membership
    raise Fault("token_access_ended")
