"""What a session by a provider opens, and what ends it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

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
from tests.accounts.single_sign_on.cast import accept_notice, code_in, go, is_in
from tests.conftest import join
from tests.factories import make_domain, make_policy
from tests.identity_provider import IdentityProvider

pytestmark = pytest.mark.django_db


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
