"""An agency's identity provider, and what a person does at it."""

import time
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.actor import command_actor
from accounts.models import Agency
from accounts.models import IdentityProvider as Provider
from accounts.services.sign_on import enable_provider
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from tests.factories import make_domain, make_provider
from tests.identity_provider import IdentityProvider


def started() -> Iterator[IdentityProvider]:
    claims = {"sub": "ana-at-idp", "email": "ana@alder.example", "email_verified": True}
    provider = IdentityProvider(claims=claims)
    provider.start()
    yield provider
    provider.stop()


def bind(agency: Agency, idp: IdentityProvider, domain: str, **rules: Any) -> Provider:
    """The agency's provider is enabled and has a confirmed domain."""
    provider = make_provider(agency, idp.issuer, **rules)
    make_domain(provider, domain)
    with scope(agency.pk):
        enable_provider(actor=command_actor("test", agency.pk), provider=provider)
    return provider


def go(client: Client, provider: Provider, idp: IdentityProvider, **query: str) -> HttpResponse:
    """To the provider and back; the answer of the portal to the return."""
    away = client.get(reverse("openid_connect_login", args=[provider.pk]), query)
    assert away.status_code == 302, away.content
    return client.get(idp.visit(away["Location"]))  # type: ignore[return-value]


def code_in(response: HttpResponse) -> str:
    return str(response.context["fault"].code)  # type: ignore[attr-defined]


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def accept_notice(client: Client) -> None:
    page = client.get(reverse("notice"))
    values = {name: page.context[name] for name in ("version", "digest")}
    assert client.post(reverse("notice"), values | {"answer": "accept"}).status_code == 302


def acts(agency: Agency) -> list[tuple[str, dict[str, Any]]]:
    with scope(agency.pk):
        rows = AuditEntry.objects.filter(agency_id=agency.pk, action__startswith="sso.")
        return [(row.action, row.data) for row in rows.order_by("id")]


def ask(client: Client, address: str) -> HttpResponse:
    return client.post(reverse("sign_on"), {"email": address})  # type: ignore[return-value]


LATER, EARLIER = int(time.time()) + 3600, int(time.time()) - 3600
