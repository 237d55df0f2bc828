"""One log-in for tests that ask for address after address."""

import time

import pytest
from django.test import Client

from accounts.models import User, UserSession
from accounts.services.user_sessions import ROW_KEY
from portal.tenancy import user_scope

FRESH = 60.0
"""Seconds; the portal asks for another proof of who it is after minutes."""


@pytest.fixture
def one_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client logs in again only where the log-in it has is old or not as it was left.

    For tests that ask for address after address: a log-in costs more than most of the pages.
    """
    whole = Client.force_login
    left: dict[Client, tuple[int, str, dict[str, object]]] = {}
    made: dict[Client, float] = {}

    def force_login(client: Client, user: User, backend: str | None = None) -> None:
        fresh = time.monotonic() - made.get(client, -FRESH) < FRESH
        if not fresh or left[client] != _log_in_of(client, user):
            whole(client, user, backend)
            left[client], made[client] = _log_in_of(client, user), time.monotonic()

    monkeypatch.setattr(Client, "force_login", force_login)


def _log_in_of(client: Client, user: User) -> tuple[int, str, dict[str, object]]:
    """Whose it would be, the session's key, and all that it holds; nothing once it was ended."""
    session = client.session
    with user_scope(user.pk):
        row = UserSession.objects.filter(pk=session.get(ROW_KEY, 0), user=user)
        return user.pk, session.session_key or "", dict(session.items()) if row.exists() else {}
