"""Log-in by an agency's identity provider, and every way to get in by it that must not work."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, Membership, Role, SignOnDomain, SignOnLink, User
from accounts.models import IdentityProvider as Provider
from accounts.services.agency_lifecycle import close_agency
from accounts.services.people import deactivate_member
from accounts.services.sign_on import (
    confirm_domain,
    disable_provider,
    enable_provider,
    remove_domain,
    withdraw_domain,
)
from accounts.services.sign_on_links import release_link
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.conftest import PASSWORD, join
from tests.factories import make_domain, make_policy, make_provider
from tests.identity_provider import IdentityProvider
from tests.second_factor import give_app

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _here(settings: Any) -> None:
    """The tests' providers live on this machine, which only a listed host may."""
    settings.SSO_HOSTS = ["127.0.0.1"]
    settings.BASE_URL = "http://testserver"


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    """Alder's identity provider, at which Ana is logged in."""
    yield from started()


@pytest.fixture
def idp_of_birch() -> Iterator[IdentityProvider]:
    yield from started()


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


@pytest.fixture
def provider(alder: Agency, idp: IdentityProvider, ana: User) -> Provider:
    return bind(alder, idp, "alder.example")


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


# --- Getting in ---------------------------------------------------------------------------------


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


# --- The end of a session -----------------------------------------------------------------------


def switch_off(alder: Agency, provider: Provider) -> None:
    actor = command_actor("test", alder.pk)
    disable_provider(actor=actor, provider=provider)
    enable_provider(actor=actor, provider=provider)


def withdraw(alder: Agency, provider: Provider) -> None:
    platform, domain = command_actor("test", None), SignOnDomain.objects.get(domain=DOMAIN)
    withdraw_domain(actor=platform, pk=domain.pk)
    confirm_domain(actor=platform, pk=domain.pk)


def remove(alder: Agency, provider: Provider) -> None:
    actor = command_actor("test", alder.pk)
    remove_domain(actor=actor, domain=SignOnDomain.objects.get(domain=DOMAIN))


def release(alder: Agency, provider: Provider) -> None:
    link = SignOnLink.objects.get(subject="ana-at-idp")
    release_link(actor=command_actor("test", alder.pk), link=link)


DOMAIN = "alder.example"


@pytest.mark.parametrize("act", [switch_off, withdraw, remove, release])
def test_a_session_ends_with_what_opened_it_and_does_not_come_back(
    client: Client,
    provider: Provider,
    idp: IdentityProvider,
    alder: Agency,
    ada: User,
    act: Callable[[Agency, Provider], None],
) -> None:
    """Also when the same is set up anew before the session asks for its next page."""
    go(client, provider, idp)
    accept_notice(client)
    by_password = Client()
    by_password.force_login(ada)
    assert client.get(reverse("home")).status_code == 200
    with scope(alder.pk):
        act(alder, provider)
    if act is release:  # the same person is linked anew elsewhere
        go(Client(), provider, idp)
    response = client.get(reverse("home"), follow=True)
    assert response.redirect_chain[0][0].startswith(reverse("account_login"))
    assert "has ended the log-in by which you came" in response.text
    assert not is_in(client)
    assert by_password.get(reverse("home")).status_code == 200
    with platform_scope():
        ended = AuditEntry.objects.get(action=Action.SESSION_ENDED)
    assert ended.data == {"reason": "sign_on"}


def test_a_session_lives_on_when_another_domain_or_person_goes(
    client: Client, provider: Provider, idp: IdentityProvider, alder: Agency, ada: User
) -> None:
    """What counts is the domain by which the person came, not the one of their address here."""
    other = make_domain(provider, "police.example")
    go(client, provider, idp)
    make_domain(provider, "third.example")
    idp.claims |= {"sub": "ada-at-idp", "email": "ada@alder.example"}
    go(Client(), provider, idp)
    moved = Client()
    idp.claims |= {"sub": "ana-at-idp", "email": "ana@police.example"}
    go(moved, provider, idp)
    with scope(alder.pk):
        admin = command_actor("test", alder.pk)
        remove_domain(actor=admin, domain=SignOnDomain.objects.get(domain="third.example"))
        release_link(actor=admin, link=SignOnLink.objects.get(user=ada))
    accept_notice(client)
    accept_notice(moved)
    with scope(alder.pk):
        remove_domain(actor=admin, domain=other)
    assert client.get(reverse("home")).status_code == 200
    assert moved.get(reverse("home")).status_code == 302
    assert not is_in(moved)


def test_another_issuer_ends_the_sessions_of_the_former(
    client: Client, provider: Provider, idp: IdentityProvider, alder: Agency
) -> None:
    go(client, provider, idp)
    with scope(alder.pk):
        Provider.objects.update(issuer="https://other.example")
    client.get(reverse("home"))
    assert not is_in(client)


# --- The log-in page ----------------------------------------------------------------------------


def ask(client: Client, address: str) -> HttpResponse:
    return client.post(reverse("sign_on"), {"email": address})  # type: ignore[return-value]


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


# --- Tokens that prove nothing ------------------------------------------------------------------

LATER, EARLIER = int(time.time()) + 3600, int(time.time()) - 3600
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


# --- People who do not get in -------------------------------------------------------------------


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


# --- One agency's log-in opens one agency -------------------------------------------------------


@pytest.fixture
def ana_in_both(ana: User, birch: Agency) -> User:
    return join(birch, ana.email, "Ana", Role.ANALYST)


def test_a_session_opens_the_agency_of_its_provider_only(
    client: Client,
    provider: Provider,
    idp: IdentityProvider,
    ana_in_both: User,
    alder: Agency,
    birch: Agency,
) -> None:
    go(client, provider, idp)
    accept_notice(client)
    client.post(reverse("switch_agency"), {"agency": birch.pk})
    page = client.get(reverse("home"))
    assert page.context["agency"] == alder
    assert page.context["agencies"] == [alder]
    session = client.session
    session["agency_id"] = birch.pk
    session.save()
    assert client.get(reverse("home")).context["agency"] == alder
    with scope(alder.pk):
        membership = Membership.objects.get(user=ana_in_both)
        deactivate_member(actor=command_actor("test", alder.pk), membership=membership)
    assert client.get(reverse("home")).status_code in (302, 403)


def test_a_provider_cannot_set_up_factors_that_open_other_agencies(
    client: Client, provider: Provider, idp: IdentityProvider, ana_in_both: User
) -> None:
    go(client, provider, idp)
    for name in ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn"):
        for response in (client.get(reverse(name)), client.post(reverse(name), {"code": "1"})):
            assert (response.status_code, code_in(response)) == (403, "sso_not_here"), name  # type: ignore[arg-type]


def test_a_provider_opens_nothing_of_another_agency_that_is_closed(
    client: Client, provider: Provider, idp: IdentityProvider, ana_in_both: User, birch: Agency
) -> None:
    reason = "The contract has ended"
    close_agency(actor=command_actor("test", None), agency=birch, reason=reason)
    go(client, provider, idp)
    assert client.get(reverse("closed_agencies")).status_code == 404
    client.logout()
    client.force_login(ana_in_both)
    assert client.get(reverse("closed_agencies")).status_code == 200


def test_single_sign_on_required_closes_the_agency_to_passwords(
    client: Client, provider: Provider, idp: IdentityProvider, alder: Agency, ana: User
) -> None:
    make_policy(alder, single_sign_on_required=True)
    client.force_login(ana)
    page = client.get(reverse("home"))
    assert page.status_code == 403
    assert reverse("sign_on") in page.text
    assert client.get(reverse("cases")).status_code == 403
    go(client, provider, idp)
    accept_notice(client)
    assert client.get(reverse("home")).context["agency"] == alder


def test_another_agency_stays_open_to_the_password(
    client: Client, provider: Provider, alder: Agency, birch: Agency, ana_in_both: User
) -> None:
    make_policy(alder, single_sign_on_required=True)
    client.force_login(ana_in_both)
    page = client.get(reverse("home"))
    assert page.context["agency"] == birch
    client.post(reverse("switch_agency"), {"agency": alder.pk})
    assert client.get(reverse("home")).context["agency"] == birch


def test_a_password_session_gives_way_to_the_agencys_log_in(
    client: Client, provider: Provider, idp: IdentityProvider, ana_in_both: User, birch: Agency
) -> None:
    """What the password has opened is not kept open beside it."""
    client.force_login(ana_in_both)
    go(client, provider, idp)
    accept_notice(client)
    assert birch not in client.get(reverse("home")).context["agencies"]


# --- Is it you? ---------------------------------------------------------------------------------


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


# --- Calls to providers -------------------------------------------------------------------------


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
