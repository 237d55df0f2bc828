"""A database that does not answer is no failure of the portal: who asks is told to come back."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError
from django.test import Client

from accounts.secrets import new_token

TOKEN = {"Authorization": f"Bearer {new_token()}"}
COMES_BACK = ("503", "5")


@pytest.mark.parametrize(
    ("error", "told", "code"),
    [
        (OperationalError("the connection is closed"), COMES_BACK, "database_away"),
        (InterfaceError("the connection is closed"), COMES_BACK, "database_away"),
        (ProgrammingError("no such column"), ("500", None), "server_failed"),
    ],
    ids=["operational", "interface", "programming"],
)
@pytest.mark.parametrize("path", ["/", "/api/v1/me/"])
def test_whoever_asks_is_told_whether_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
    error: DatabaseError,
    told: tuple[str, str | None],
    code: str,
    path: str,
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr("accounts.rest.authentication.find_token", refuse)
    monkeypatch.setattr(SessionStore, "_get_session_from_db", refuse)
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "0" * 32
    answer = client.get(path, headers=TOKEN)
    assert (str(answer.status_code), answer.get("Retry-After")) == told
    if path.startswith("/api/"):
        assert answer.json()["code"] == code
