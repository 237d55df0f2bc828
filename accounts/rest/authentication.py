"""Programs log in with an API token in the Authorization header, and in no other way."""

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.access import actor_of, place_of
from accounts.actor import Actor
from accounts.agency_states import WORKING
from accounts.faults import Fault
from accounts.models import Agency, ApiToken, User
from accounts.secrets import is_token
from accounts.services.tokens import find_token, note_use
from portal.http import source_of
from portal.logs.context import know
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
    with ExitStack() as opened:
        opened.enter_context(scope(token.agency_id))
        request.actor, request.agency = _acting(token, source_of(request))
        request.token = token
        know(agency=token.agency_id, user=token.user_id)
        note_use(token)
        # Open until the view has answered; closed here when the token may not come in.
        request.scopes.push(opened.pop_all())
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
    with scope(token.agency_id):
        return *_acting(token, source), token


def _acting(token: ApiToken, source: str) -> tuple[Actor, Agency]:
    """The token's owner with what the token and they may do now, asked in the agency's scope.

    Raises Fault.
    """
    user = token.user
    place = place_of(user, token.agency_id)
    if place is None or not user.is_active or place[0].state not in WORKING:
        raise Fault("token_access_ended")
    agency, membership = place
    actor = actor_of(user, agency, membership, f"{source} (token {token.pk})")
    may = frozenset(p for p in actor.permissions if p in token.permissions)
    return replace(actor, permissions=may), agency
