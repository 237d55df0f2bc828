"""Tokens that prove nothing, and people who do not get in."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, Membership, Role, SignOnLink, User
from accounts.models import IdentityProvider as Provider
from accounts.services.people import deactivate_member
from portal.audit.actions import Action
from portal.tenancy import scope
from tests.accounts.single_sign_on.cast import EARLIER, LATER, acts, bind, code_in, go, is_in
from tests.conftest import join
from tests.identity_provider import IdentityProvider

pytestmark = pytest.mark.django_db


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://other.example"},
    "another audience": {"aud": "somebody-else"},
    "two audiences and no party": {"aud": ["candor", "other"]},
    "another party": {"azp": "other"},
    "expired": {"exp": EARLIER},
    "not valid yet": {"nbf": LATER},
    "from the future": {"iat": LATER},
    "made before the visit": {"iat": EARLIER},
    "no expiry": {"exp": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a long subject": {"sub": "x" * 192},
    "another nonce": {"nonce": "guessed"},
    "no nonce": {"nonce": None},
}


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_bad_claims_are_refused(
    client: Client, provider: Provider, idp: IdentityProvider, alder: Agency, name: str
) -> None:
    idp.claims |= BAD_CLAIMS[name]
    response = go(client, provider, idp)
    assert (response.status_code, code_in(response)) == (403, "sso_refused")
    assert not is_in(client)
    assert acts(alder)[-1] == (Action.SSO_REFUSED, {"code": "sso_refused"})
    with scope(alder.pk):
        assert SignOnLink.objects.count() == 0


@pytest.mark.parametrize(
    "trick", ["alg_none", "hs256", "other_key", "no_id_token", "odd_token_answer"]
)
def test_bad_signatures_are_refused(
    client: Client, provider: Provider, idp: IdentityProvider, trick: str
) -> None:
    idp.tricks = {trick}
    response = go(client, provider, idp)
    assert (response.status_code, code_in(response)) == (403, "sso_refused")
    assert not is_in(client)


def test_a_return_counts_once(client: Client, provider: Provider, idp: IdentityProvider) -> None:
    away = client.get(reverse("openid_connect_login", args=[provider.pk]))
    back = idp.visit(away["Location"])
    assert client.get(back)["Location"] == "/"
    client.logout()
    assert code_in(client.get(back)) == "sso_refused"  # type: ignore[arg-type]
    assert not is_in(client)


def test_a_return_belongs_to_the_browser_that_went(
    client: Client, provider: Provider, idp: IdentityProvider
) -> None:
    away = client.get(reverse("openid_connect_login", args=[provider.pk]))
    victim = Client()
    response = victim.get(idp.visit(away["Location"]))
    assert code_in(response) == "sso_refused"  # type: ignore[arg-type]
    assert not is_in(victim)


def test_a_code_of_another_visit_fails_by_its_verifier(
    client: Client, provider: Provider, idp: IdentityProvider
) -> None:
    start = reverse("openid_connect_login", args=[provider.pk])
    stolen = parse_qs(urlsplit(idp.visit(Client().get(start)["Location"])).query)["code"][0]
    own = idp.visit(client.get(start)["Location"])
    response = client.get(own.replace("code-1", stolen))
    assert code_in(response) == "sso_refused"  # type: ignore[arg-type]
    assert not is_in(client)


def test_a_token_of_another_agencys_provider_is_refused(
    client: Client,
    provider: Provider,
    idp: IdentityProvider,
    idp_of_birch: IdentityProvider,
    birch: Agency,
) -> None:
    other = bind(birch, idp_of_birch, "birch.example")
    # Birch's provider answers Alder's callback: state of one, return address of the other.
    away = client.get(reverse("openid_connect_login", args=[other.pk]))
    back = idp_of_birch.visit(away["Location"]).replace(str(other.pk), str(provider.pk))
    assert code_in(client.get(back)) == "sso_refused"  # type: ignore[arg-type]
    # Alder's token endpoint hands out a token that Birch's provider has made.
    away = client.get(reverse("openid_connect_login", args=[provider.pk]))
    nonce = parse_qs(urlsplit(away["Location"]).query)["nonce"][0]
    idp.foreign_token = idp_of_birch.id_token(nonce)
    assert code_in(client.get(idp.visit(away["Location"]))) == "sso_refused"  # type: ignore[arg-type]
    # The answer names another issuer than the one that was asked (RFC 9207).
    idp.foreign_token = ""
    away = client.get(reverse("openid_connect_login", args=[provider.pk]))
    mixed = idp.visit(away["Location"]) + f"&iss={idp_of_birch.issuer}"
    assert code_in(client.get(mixed)) == "sso_refused"  # type: ignore[arg-type]
    assert not is_in(client)


@pytest.mark.parametrize("query", ["?error=access_denied&state={}", "?error=server_error&state={}"])
def test_an_error_of_the_provider_ends_on_a_page(
    client: Client, provider: Provider, query: str
) -> None:
    away = client.get(reverse("openid_connect_login", args=[provider.pk]))
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    back = reverse("openid_connect_callback", args=[provider.pk]) + query.format(state)
    response = client.get(back)
    assert (response.status_code, code_in(response)) == (403, "sso_refused")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"email_verified": False}, "sso_address_not_verified"),
        ({"email_verified": None}, "sso_address_not_verified"),
        ({"email": None}, "sso_address_missing"),
        ({"email": ["ana@alder.example"]}, "sso_address_missing"),
        ({"email": "bob@birch.example"}, "sso_domain_not_bound"),
        ({"email": "ana@alder.example@birch.example"}, "sso_address_missing"),
        ({"email": "stranger@alder.example"}, "sso_not_a_member"),
    ],
)
def test_addresses_that_are_not_taken(
    client: Client,
    provider: Provider,
    idp: IdentityProvider,
    alder: Agency,
    bob: User,
    claims: dict[str, Any],
    code: str,
) -> None:
    idp.claims |= claims
    people = User.objects.count()
    response = go(client, provider, idp)
    assert (response.status_code, code_in(response)) == (403, code)
    assert not is_in(client)
    assert User.objects.count() == people
    with scope(alder.pk):
        assert SignOnLink.objects.count() == 0


def test_an_agency_may_vouch_for_all_its_addresses(
    client: Client, provider: Provider, idp: IdentityProvider, alder: Agency
) -> None:
    idp.claims["email_verified"] = None
    with scope(alder.pk):
        Provider.objects.update(addresses_verified=True)
    go(client, provider, idp)
    assert is_in(client)
    client.logout()
    idp.claims["email_verified"] = False
    assert code_in(go(client, provider, idp)) == "sso_address_not_verified"


def test_members_of_another_agency_do_not_get_in(
    client: Client, provider: Provider, idp: IdentityProvider, birch: Agency
) -> None:
    join(birch, "guest@alder.example", "Guest", Role.ANALYST)
    idp.claims["email"] = "guest@alder.example"
    assert code_in(go(client, provider, idp)) == "sso_not_a_member"


def test_staff_never_get_in_by_an_agencys_provider(
    client: Client, provider: Provider, idp: IdentityProvider, ana: User
) -> None:
    User.objects.filter(pk=ana.pk).update(is_staff=True)
    assert code_in(go(client, provider, idp)) == "sso_staff"
    assert not is_in(client)


def test_deactivated_members_do_not_get_in(
    client: Client, provider: Provider, idp: IdentityProvider, alder: Agency, ana: User
) -> None:
    go(client, provider, idp)
    client.logout()
    with scope(alder.pk):
        membership = Membership.objects.get(user=ana)
        deactivate_member(actor=command_actor("test", alder.pk), membership=membership)
    assert code_in(go(client, provider, idp)) == "sso_not_a_member"
    assert not is_in(client)


@pytest.mark.parametrize(
    "state",
    [
        {"is_active": False},
        {"locked_at": timezone.now()},
        {"disabled_at": timezone.now(), "disabled_reason": "unused"},
    ],
)
def test_locked_and_disabled_people_do_not_get_in(
    client: Client,
    provider: Provider,
    idp: IdentityProvider,
    alder: Agency,
    ana: User,
    state: dict[str, Any],
) -> None:
    User.objects.filter(pk=ana.pk).update(**state)
    response = go(client, provider, idp)
    assert response["Location"] == reverse("account_login")
    assert not is_in(client)
    with scope(alder.pk):
        assert SignOnLink.objects.count() == 0


@pytest.mark.parametrize(
    ("rule", "claims", "admitted"),
    [
        (("amr", "mfa hwk"), {"amr": ["pwd", "mfa"]}, True),
        (("amr", "mfa hwk"), {"amr": ["pwd"]}, False),
        (("amr", "mfa hwk"), {}, False),
        (("amr", "mfa hwk"), {"amr": [["mfa"], {"mfa": 1}]}, False),
        (
            ("acr", "https://refeds.org/profile/mfa"),
            {"acr": "https://refeds.org/profile/mfa"},
            True,
        ),
        (("acr", "https://refeds.org/profile/mfa"), {"acr": "0"}, False),
    ],
)
def test_an_agency_may_demand_a_second_factor_of_its_provider(
    client: Client,
    alder: Agency,
    ana: User,
    idp: IdentityProvider,
    rule: tuple[str, str],
    claims: dict[str, Any],
    admitted: bool,
) -> None:
    provider = bind(alder, idp, "alder.example", second_factor=rule)
    idp.claims |= claims
    response = go(client, provider, idp)
    assert is_in(client) == admitted
    if not admitted:
        assert code_in(response) == "sso_second_factor_missing"
