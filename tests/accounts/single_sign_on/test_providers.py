"""Calls to providers that misbehave, are off or must not be called."""

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency
from accounts.models import IdentityProvider as Provider
from portal.tenancy import scope
from tests.accounts.single_sign_on.cast import ask, code_in
from tests.identity_provider import IdentityProvider

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("trick", "code"),
    [
        ("redirect", "sso_unreachable"),
        ("broken", "sso_unreachable"),
        ("huge", "sso_unreachable"),
        ("wrong_issuer", "sso_misconfigured"),
        ("plain_endpoint", "sso_misconfigured"),
    ],
)
def test_providers_that_misbehave_end_on_a_page(
    client: Client, provider: Provider, idp: IdentityProvider, trick: str, code: str
) -> None:
    idp.tricks = {trick}
    response = client.get(reverse("openid_connect_login", args=[provider.pk]))
    assert (response.status_code, code_in(response)) == (502, code)  # type: ignore[arg-type]


def test_a_provider_that_answers_by_drops_is_given_up(
    client: Client, provider: Provider, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.outgoing.MOST_SECONDS", 0.3)
    idp.tricks = {"trickle"}
    begun = time.monotonic()
    response = client.get(reverse("openid_connect_login", args=[provider.pk]))
    assert code_in(response) == "sso_unreachable"  # type: ignore[arg-type]
    assert time.monotonic() - begun < 5


def test_a_provider_that_fails_on_the_way_back(
    client: Client, provider: Provider, idp: IdentityProvider
) -> None:
    away = client.get(reverse("openid_connect_login", args=[provider.pk]))
    idp.tricks = {"broken"}
    response = client.get(idp.visit(away["Location"]))
    assert (response.status_code, code_in(response)) == (502, "sso_unreachable")  # type: ignore[arg-type]


def test_a_host_that_is_not_listed_is_not_called(
    client: Client, provider: Provider, idp: IdentityProvider, settings: Any
) -> None:
    settings.SSO_HOSTS = []
    response = client.get(reverse("openid_connect_login", args=[provider.pk]))
    assert code_in(response) == "sso_unreachable"  # type: ignore[arg-type]


def test_a_provider_that_is_off_or_unknown_is_not_there(
    client: Client, provider: Provider, alder: Agency
) -> None:
    with scope(alder.pk):
        Provider.objects.update(enabled_at=None)
    for name in ("openid_connect_login", "openid_connect_callback"):
        assert client.get(reverse(name, args=[provider.pk])).status_code == 404
    assert ask(client, "ana@alder.example").status_code == 422
