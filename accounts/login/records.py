"""What a session can show for itself: which proofs were given in it, and when."""

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest

from accounts.models import User

# Proof that something else than a password was there: a factor, or the agency's own log-in.
SECOND = ("mfa", "socialaccount")


def is_complete(request: HttpRequest) -> bool:
    """Whether the log-in of this session went beyond the password."""
    return any(entry.get("method") in SECOND for entry in _records(request))


def used_passkey(request: HttpRequest) -> bool:
    """Whether a passkey, or the agency's own log-in, is among the proofs of this session."""
    return any(
        entry.get("type") == "webauthn" or entry.get("method") == "socialaccount"
        for entry in _records(request)
    )


def methods_of(request: HttpRequest, user: User) -> list[str]:
    """The proofs of this session in their order: password, totp, webauthn, ..."""
    records = get_authentication_records(request, user)
    return [str(entry.get("type") or entry.get("method")) for entry in records]


def is_recent(request: HttpRequest, minutes: int | None = None) -> bool:
    """Whether any proof was given within the last minutes (CJIS IA-11).

    A log-in by an agency's provider is none: it may have let in whoever sat at the screen.
    """
    allowed = 60 * (settings.REAUTHENTICATION_MINUTES if minutes is None else minutes)
    return any(
        time.time() - float(entry.get("at", 0)) < allowed
        for entry in _records(request)
        if entry.get("method") != "socialaccount" or entry.get("reauthenticated")
    )


def note_factor(request: HttpRequest, user: User, kind: str) -> None:
    """A factor that was just set up has been used for that."""
    record_authentication(request, user, "mfa", type=kind)


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    user = request.user
    return get_authentication_records(request, user) if isinstance(user, User) else []
