"""The proof before a protected act, given at the provider."""

import time
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, User
from accounts.models import IdentityProvider as Provider
from portal.tenancy import scope
from tests.accounts.single_sign_on.cast import EARLIER, LATER, accept_notice, acts, code_in, go
from tests.identity_provider import IdentityProvider

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada_in(client: Client, provider: Provider, idp: IdentityProvider, ada: User) -> Client:
    """Ada, Alder's admin, logged in by its provider a moment ago, which is no proof."""
    idp.claims |= {"sub": "ada-at-idp", "email": "ada@alder.example"}
    go(client, provider, idp)
    accept_notice(client)
    return client


def propose(client: Client) -> HttpResponse:
    return client.post(reverse("sign_on_domains"), {"domain": "b.alder.example"})  # type: ignore[return-value]


def domains(agency: Agency) -> list[str]:
    return [data["domain"] for action, data in acts(agency) if action == "sso.domain_proposed"]


def test_the_proof_is_given_at_the_provider_and_the_act_goes_on(
    ada_in: Client, idp: IdentityProvider, alder: Agency
) -> None:
    asked = propose(ada_in)
    assert asked["Location"].startswith(reverse("sign_on_confirm"))
    page = ada_in.get(asked["Location"])
    assert reverse("sign_on_prove") in page.text
    away = ada_in.get(reverse("sign_on_prove"), {"next": reverse("sign_on_domains")})
    idp.claims["auth_time"] = int(time.time())
    done = ada_in.get(idp.visit(away["Location"]))
    assert (idp.asked[-1]["prompt"], idp.asked[-1]["max_age"]) == ("login", "0")
    assert done["Location"] == reverse("single_sign_on")
    assert domains(alder) == ["alder.example", "b.alder.example"]


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, "sso_not_fresh"),
        ({"auth_time": EARLIER}, "sso_not_fresh"),
        ({"auth_time": "now"}, "sso_not_fresh"),
        ({"auth_time": LATER, "sub": "ana-at-idp"}, "sso_other_person"),
        ({"auth_time": LATER, "nonce": "x"}, "sso_refused"),
    ],
)
def test_a_proof_that_is_none_lets_nothing_happen(
    ada_in: Client, idp: IdentityProvider, alder: Agency, claims: dict[str, Any], code: str
) -> None:
    propose(ada_in)
    away = ada_in.get(reverse("sign_on_prove"), {"next": reverse("sign_on_domains")})
    idp.claims |= claims
    assert code_in(ada_in.get(idp.visit(away["Location"]))) == code  # type: ignore[arg-type]
    assert domains(alder) == ["alder.example"]
    assert propose(ada_in)["Location"].startswith(reverse("sign_on_confirm"))


def test_a_log_in_return_is_no_proof(ada_in: Client, idp: IdentityProvider, alder: Agency) -> None:
    """Without prompt=login the provider lets anybody at the screen through."""
    with scope(alder.pk):
        provider = Provider.objects.get()
    propose(ada_in)
    go(ada_in, provider, idp, next=reverse("sign_on_domains"))
    assert domains(alder) == ["alder.example"]
    accept_notice(ada_in)
    assert propose(ada_in)["Location"].startswith(reverse("sign_on_confirm"))
    assert domains(alder) == ["alder.example"]


def test_people_with_a_password_are_asked_for_it(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get(reverse("sign_on_confirm"))["Location"] == reverse("account_reauthenticate")
    assert client.get(reverse("sign_on_prove"))["Location"] == reverse("account_reauthenticate")
