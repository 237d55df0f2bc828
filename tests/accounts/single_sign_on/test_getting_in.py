"""A member gets in by the agency's provider, from the page of the log-in."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, SignOnLink, User
from accounts.models import IdentityProvider as Provider
from portal.audit.actions import Action
from portal.tenancy import scope
from tests.accounts.single_sign_on.cast import accept_notice, acts, ask, code_in, go, is_in
from tests.conftest import PASSWORD
from tests.identity_provider import IdentityProvider
from tests.second_factor import give_app

pytestmark = pytest.mark.django_db


def test_a_member_logs_in_and_is_linked(
    client: Client, provider: Provider, idp: IdentityProvider, alder: Agency, ana: User
) -> None:
    response = go(client, provider, idp, next="/account/")
    assert (response.status_code, response["Location"]) == (302, "/account/")
    accept_notice(client)
    assert client.get(reverse("home")).context["agency"] == alder
    with scope(alder.pk):
        link = SignOnLink.objects.get()
    assert (link.user, link.subject, link.issuer) == (ana, "ana-at-idp", idp.issuer)
    assert acts(alder)[-1] == (Action.SSO_LINKED, {})
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


def test_what_is_asked_of_the_provider(
    client: Client, provider: Provider, idp: IdentityProvider
) -> None:
    go(client, provider, idp, hint="ana@alder.example", scope="offline_access", auth_params="x=y")
    asked = idp.asked[0]
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert set(asked["scope"].split()) == {"openid", "email"}
    assert asked["redirect_uri"].startswith("http://testserver/login/agency/")
    assert asked["login_hint"] == "ana@alder.example"
    assert len(asked["nonce"]) >= 40
    assert "x" not in asked


def test_the_agency_log_in_stands_for_the_second_factor(
    client: Client, provider: Provider, idp: IdentityProvider, ana: User
) -> None:
    give_app(ana)
    assert go(client, provider, idp)["Location"] == "/"
    assert is_in(client)


def test_later_the_subject_counts_and_not_the_address(
    client: Client, provider: Provider, idp: IdentityProvider, ana: User
) -> None:
    go(client, provider, idp)
    client.logout()
    idp.claims["email"] = "ana.married@alder.example"
    go(client, provider, idp)
    assert client.session["_auth_user_id"] == str(ana.pk)


def test_another_subject_for_the_address_waits_for_a_release(
    client: Client, provider: Provider, idp: IdentityProvider, alder: Agency, ada: User
) -> None:
    go(client, provider, idp)
    client.logout()
    idp.claims["sub"] = "somebody-else"
    response = go(client, provider, idp)
    assert (response.status_code, code_in(response)) == (403, "sso_other_identity")
    assert not is_in(client)
    assert acts(alder)[-1] == (Action.SSO_REFUSED, {"code": "sso_other_identity"})
    with scope(alder.pk):
        link = SignOnLink.objects.get()
    client.force_login(ada)
    client.post(reverse("sign_on_link_release", args=[link.pk]))
    client.logout()
    go(client, provider, idp)
    assert is_in(client)


def test_the_address_leads_to_the_agency(
    client: Client, provider: Provider, idp: IdentityProvider
) -> None:
    assert reverse("sign_on") in client.get(reverse("account_login")).text
    page = client.post(reverse("sign_on"), {"email": " Ana@ALDER.example", "next": "/people/"})
    assert page.status_code == 200
    start = page.context["start"]
    away = client.get(start)
    assert away["Location"].startswith(idp.issuer + "/authorize?")
    assert client.get(idp.visit(away["Location"]))["Location"] == "/people/"


def test_the_answer_does_not_tell_who_has_an_account(client: Client, provider: Provider) -> None:
    def body(address: str) -> str:
        text: str = ask(client, address).content.decode()
        lines = [line for line in text.splitlines() if "csrf" not in line]
        return "\n".join(lines).replace(address.replace("@", "%40"), "")

    assert body("ana@alder.example") == body("nobody.at.all@alder.example")


@pytest.mark.parametrize(
    "address", ["x@birch.example", "x@sub.alder.example", "x@alder.example.org"]
)
def test_other_domains_lead_nowhere(client: Client, provider: Provider, address: str) -> None:
    response = ask(client, address)
    assert response.status_code == 422
    assert "sso_domain_not_bound" in response.content.decode()


def test_asking_is_limited(client: Client, provider: Provider, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "sign_on": "2/15m/ip"}
    assert [ask(client, "a@alder.example").status_code for _ in range(3)] == [200, 200, 429]


def test_the_next_page_is_one_of_this_site(
    client: Client, provider: Provider, idp: IdentityProvider
) -> None:
    assert go(client, provider, idp, next="https://evil.example/")["Location"] == "/"
