"""Which agency's provider opened a session: that agency, and no other, is open to it.

Otherwise the provider of one agency could let itself into another one in which a person works.
It is read from allauth's record of the log-in itself, so that one cannot be there without the
other.
"""

from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from django.http import HttpRequest

from accounts.models import Agency, Membership, User
from accounts.policies import policy_in

METHOD = "socialaccount"
Pair = tuple[Agency, Membership]


def agency_of_session(request: HttpRequest) -> int | None:
    """The id of the agency whose provider opened the session; None for any other log-in."""
    user = request.user
    if not isinstance(user, User):
        return None
    for entry in get_authentication_records(request, user):
        if entry.get("method") == METHOD:
            return int(entry["provider"])
    return None


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
