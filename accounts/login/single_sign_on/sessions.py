"""Which agency's provider opened a session: that agency, and no other, is open to it.

Otherwise the provider of one agency could let itself into another one in which a person works.
It is read from allauth's record of the log-in itself, so that one cannot be there without the
other. The session ends once the provider, the domain or the person's link is taken away.
"""

from datetime import UTC, datetime
from typing import Any

from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.account.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import Agency, Membership, User
from accounts.policies import policy_in
from accounts.sign_on_queries import domain_of, still_vouched

METHOD = "socialaccount"
DOMAIN_KEY = "candor_sign_on_domain"
Pair = tuple[Agency, Membership]


def agency_of_session(request: HttpRequest) -> int | None:
    """The id of the agency whose provider opened the session; None for any other log-in."""
    entry = _log_in_of(request)
    return int(entry["provider"]) if entry else None


def _log_in_of(request: HttpRequest) -> dict[str, Any] | None:
    """allauth's record of the log-in by a provider; later ones are proofs in the same session."""
    user = request.user
    if not isinstance(user, User):
        return None
    entries = get_authentication_records(request, user)
    return next((entry for entry in entries if entry.get("method") == METHOD), None)


@receiver(user_logged_in)
def remember_domain(request: HttpRequest, sociallogin: Any = None, **kwargs: Any) -> None:
    """The domain by which the person was let in, which need not be the one of their address."""
    if sociallogin is not None:
        claims = sociallogin.account.extra_data["id_token"]
        request.session[DOMAIN_KEY] = domain_of(claims["email"])


def is_revoked(request: HttpRequest) -> bool:
    """Whether a provider opened this session and does not stand behind it any more."""
    entry = _log_in_of(request)
    if entry is None or not isinstance(request.user, User):
        return False
    return not still_vouched(
        int(entry["provider"]),
        request.user,
        subject=str(entry["uid"]),
        domain=str(request.session.get(DOMAIN_KEY, "")),
        since=datetime.fromtimestamp(float(entry["at"]), UTC),
    )


def last_method(request: HttpRequest) -> str:
    """How the person who is about to be logged in has proved themselves last."""
    entries = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or [{}]
    return str(entries[-1].get("method", ""))


def open_to_session(request: HttpRequest, pairs: list[Pair]) -> tuple[list[Pair], list[Agency]]:
    """The memberships that this log-in opens, and the agencies which want another log-in."""
    own = agency_of_session(request)
    opened = [pair for pair in pairs if _opens(own, pair[0])]
    return opened, [agency for agency, _ in pairs if not _opens(own, agency)]


def _opens(own: int | None, agency: Agency) -> bool:
    if own is not None:
        return agency.pk == own
    return not policy_in(agency.stored_policy).single_sign_on_required
