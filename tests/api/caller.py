"""A program that calls the API with a token."""

import json
from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, ApiToken, Role, User
from accounts.permissions import Permission
from portal.tenancy import scope
from tests.conftest import join
from tests.factories import make_token


class Caller:
    """Requests of one token: `call("get", "api_cases", q="x")`; the last answer is kept."""

    def __init__(self, agency: Agency, user: User, *permissions: Permission) -> None:
        self.agency, self.user = agency, user
        self.token, self.text = make_token(agency, user, *permissions)
        # As if it had been used just now, which the first request would have to note.
        with scope(agency.pk):
            ApiToken.objects.filter(pk=self.token.pk).update(last_used_at=timezone.now())

    def call(
        self,
        method: str,
        name: str,
        *args: "UUID | int | str",
        data: Any = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        **more: Any,
    ) -> Any:
        """The answer to a request; `data` is sent as JSON unless `content_type` is given."""
        sent = {"Authorization": f"Bearer {self.text}", **(headers or {})}
        if data is not None and "content_type" not in more:
            data, more["content_type"] = json.dumps(data, default=str), "application/json"
        address = reverse(name, args=args, query=query)
        return Client().generic(method.upper(), address, data or b"", headers=sent, **more)

    def get(self, name: str, *args: "UUID | int | str", **more: Any) -> Any:
        return self.call("get", name, *args, **more)

    def post(self, name: str, *args: "UUID | int | str", **more: Any) -> Any:
        return self.call("post", name, *args, **more)


def caller(agency: Agency, *roles: Role, name: str = "pat") -> Caller:
    """A new member with these roles, by a token that may all they may."""
    return Caller(agency, join(agency, f"{name}@{agency.slug}.example", name.title(), *roles))


def code(response: Any) -> tuple[int, str]:
    """Status and code of a problem, whose form is checked, too."""
    body = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert body["status"] == response.status_code
    assert body["instance"] == f"urn:candor:request:{response['X-Request-Id']}"
    assert {"type", "title", "detail"} <= set(body)
    return response.status_code, body["code"]
