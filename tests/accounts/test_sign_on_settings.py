"""Setting single sign-on up: by the agency's admins, with the platform's word on domains."""

import socket
import threading
from typing import Any

import pytest
import requests
from django.core import mail
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.actor import command_actor
from accounts.faults import Fault
from accounts.login.single_sign_on.oidc import secret_identity
from accounts.models import (
    Agency,
    IdentityProvider,
    Role,
    SecondFactorRule,
    SignOnDomain,
    SignOnLink,
    User,
)
from accounts.services.sign_on import (
    ProviderFacts,
    confirm_domain,
    disable_provider,
    remove_domain,
    save_provider,
)
from accounts.sign_on_queries import domain_of, provider_for, provider_of
from portal import platform_key
from portal.audit.models import AuditEntry
from portal.outgoing import Outgoing, is_acceptable, may_connect
from portal.post import wait_until_sent
from portal.tenancy import platform_scope, scope, sign_on_scope
from tests.accounts.platform_cast import enter
from tests.conftest import PASSWORD, join
from tests.factories import make_domain, make_link, make_policy, make_provider
from tests.identity_provider import CLIENT_SECRET

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db

VALUES = {
    "name": "Alder account",
    "issuer": "https://idp.alder.example/realms/police",
    "client_id": "candor",
    "client_secret": CLIENT_SECRET,
    "second_factor": "none",
}


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def save(client: Client, **changed: str) -> Any:
    return client.post(reverse("single_sign_on"), VALUES | changed)


def stored(agency: Agency) -> IdentityProvider | None:
    with scope(agency.pk):
        return IdentityProvider.objects.first()


def recorded(agency: Agency | None) -> list[tuple[str, dict[str, Any]]]:
    with scope(agency.pk) if agency else platform_scope():
        rows = AuditEntry.objects.filter(action__startswith="sso.")
        return [(row.action, row.data) for row in rows.order_by("id")]


def test_the_secret_is_sealed_and_never_shown(admin: Client, alder: Agency) -> None:
    assert save(admin).status_code == 302
    provider = stored(alder)
    assert provider is not None
    sealed = bytes(provider.client_secret)
    assert CLIENT_SECRET.encode() not in sealed
    plain = platform_key.unseal(sealed, secret_identity(provider))
    assert plain.decode() == CLIENT_SECRET
    assert CLIENT_SECRET not in admin.get(reverse("single_sign_on")).text
    assert CLIENT_SECRET not in str(recorded(alder))
    assert save(admin, client_secret="", name="Renamed").status_code == 302
    again = stored(alder)
    assert again is not None
    assert (again.name, bytes(again.client_secret)) == ("Renamed", sealed)
    assert recorded(alder)[-1] == ("sso.changed", {"fields": ["name"]})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_secret": ""}, "This field is required"),
        ({"issuer": "http://idp.alder.example"}, "sso_issuer_invalid"),
        ({"issuer": "file:///etc/passwd"}, "sso_issuer_invalid"),
        ({"issuer": "https://user:secret@idp.alder.example"}, "sso_issuer_invalid"),
        ({"issuer": "https://idp.alder.example/#x"}, "sso_issuer_invalid"),
        ({"second_factor": "amr"}, "sso_values_missing"),
    ],
)
def test_what_cannot_work_is_not_saved(
    admin: Client, alder: Agency, changed: dict[str, str], code: str
) -> None:
    response = save(admin, **changed)
    assert response.status_code == 422
    assert code in response.text
    assert stored(alder) is None
    assert recorded(alder) == []


def test_a_provider_without_a_secret_is_refused_by_the_service_too(alder: Agency) -> None:
    facts = ProviderFacts(
        "x", "https://idp.example", "candor", "", SecondFactorRule.NONE, "", False
    )
    with scope(alder.pk), pytest.raises(Fault, match="sso_secret_missing"):
        save_provider(actor=command_actor("test", alder.pk), facts=facts)
    assert stored(alder) is None


def test_nothing_is_changed_without_a_fresh_proof(admin: Client, alder: Agency) -> None:
    session = admin.session
    for entry in session["account_authentication_methods"]:
        entry["at"] -= 3600
    session.save()
    assert save(admin)["Location"].startswith(reverse("account_reauthenticate"))
    assert stored(alder) is None


def test_who_may_only_look_changes_nothing(client: Client, alder: Agency) -> None:
    client.force_login(join(alder, "aud@alder.example", "Aud", Role.AUDITOR))
    assert client.get(reverse("single_sign_on")).status_code == 200
    assert save(client).status_code == 403
    assert stored(alder) is None


@pytest.mark.parametrize(
    "issuer",
    ["https://127.0.0.1:9", "https://[::1]:9", "https://0x7f.1:9", f"https://{'a' * 70}.invalid"],
)
def test_a_provider_that_does_not_answer_is_not_switched_on(
    admin: Client, alder: Agency, issuer: str
) -> None:
    save(admin, issuer=issuer)
    response = admin.post(reverse("sign_on_switch"), {"to": "on"})
    assert response.status_code == 422
    assert "sso_unreachable" in response.text
    provider = stored(alder)
    assert provider is not None
    assert provider.enabled_at is None


def test_a_provider_that_the_policies_demand_stays(alder: Agency) -> None:
    provider = make_provider(alder)
    domain = make_domain(provider, "alder.example")
    with scope(alder.pk):
        IdentityProvider.objects.update(enabled_at=timezone.now())
    make_policy(alder, single_sign_on_required=True)
    actor = command_actor("test", alder.pk)
    with scope(alder.pk):
        with pytest.raises(Fault, match="sso_required_by_policy"):
            disable_provider(actor=actor, provider=provider)
        with pytest.raises(Fault, match="sso_required_by_policy"):
            remove_domain(actor=actor, domain=domain)
    assert provider_for("alder.example") == provider


def test_the_policies_demand_only_what_works(alder: Agency) -> None:
    provider = make_provider(alder)
    make_domain(provider, "alder.example", confirmed=False)
    with pytest.raises(Fault, match="sso_not_ready"):
        make_policy(alder, single_sign_on_required=True)


def test_acts_that_end_sessions_ask_first_and_asking_does_nothing(
    admin: Client, alder: Agency, ana: User
) -> None:
    provider = make_provider(alder)
    make_link(provider, ana)
    with scope(alder.pk):
        IdentityProvider.objects.update(enabled_at=timezone.now())
        link, domain = SignOnLink.objects.get(), SignOnDomain.objects.get()
    settings_page = admin.get(reverse("single_sign_on")).text
    before = recorded(alder)
    for name, args, words in (
        ("sign_on_switch", [], "Switch log-in by Alder Police account off?"),
        ("sign_on_domain_remove", [domain.pk], "Remove alder.example?"),
        ("sign_on_link_release", [link.pk], "Release Ana?"),
    ):
        address = reverse(name, args=args)
        assert f'href="{address}"' in settings_page
        assert f'action="{address}"' not in settings_page
        assert words in " ".join(admin.get(address).text.split())
    assert recorded(alder) == before
    for name, args in (("sign_on_domain_remove", [domain.pk]), ("sign_on_link_release", [link.pk])):
        assert admin.post(reverse(name, args=args)).status_code == 302
    assert admin.post(reverse("sign_on_switch"), {"to": "off"}).status_code == 302
    acts = [action for action, _ in recorded(alder)[len(before) :]]
    assert acts == ["sso.domain_removed", "sso.link_released", "sso.disabled"]


# --- Domains ------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", ["", "x", "no dots", "a..b", "-a.example", "a/b.example", "@"])
def test_what_is_no_domain_is_refused(admin: Client, alder: Agency, domain: str) -> None:
    make_provider(alder)
    assert admin.post(reverse("sign_on_domains"), {"domain": domain}).status_code == 422
    with scope(alder.pk):
        assert SignOnDomain.objects.count() == 0


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("ana@Alder.Example", "alder.example"),
        ("@alder.example.", "alder.example"),
        ("x@préfecture.example", "xn--prfecture-c4a.example"),
        ("x@" + "é" * 80 + ".example", ""),
    ],
)
def test_domains_are_compared_in_one_form(written: str, domain: str) -> None:
    assert domain_of(written) == domain


def test_the_platform_confirms_and_both_records_say_so(
    client: Client, alder: Agency, birch: Agency
) -> None:
    row = make_domain(make_provider(alder), "alder.example", confirmed=False)
    rival = make_domain(make_provider(birch), "alder.example", confirmed=False)
    sue = User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")
    enter(client, sue)
    page = client.get(reverse("admin:accounts_signondomain_changelist"))
    assert "Alder Police" in page.text
    address = reverse("admin:accounts_signondomain_decide", args=[row.pk])
    assert client.post(address, {"act": "confirm"}).status_code == 302
    fact = ("sso.domain_confirmed", {"domain": "alder.example"})
    assert recorded(alder)[-1] == recorded(None)[-1] == fact
    other = reverse("admin:accounts_signondomain_decide", args=[rival.pk])
    refused = client.post(other, {"act": "confirm"})
    assert refused.status_code == 422
    assert "sso_domain_taken" in refused.text
    assert fact not in recorded(birch)
    assert client.post(address, {"act": "withdraw"}).status_code == 302
    assert client.post(other, {"act": "confirm"}).status_code == 302
    assert recorded(birch)[-1] == fact


@pytest.mark.parametrize(
    ("contact", "told"), [("desk@platform.example", 1), ("+1 555 0100", 0), ("", 0)]
)
def test_the_platforms_contact_learns_of_a_proposal(
    admin: Client,
    alder: Agency,
    settings: Any,
    contact: str,
    told: int,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    make_provider(alder)
    settings.PLATFORM_CONTACT, settings.BASE_URL = contact, "https://candor.example"
    for _ in range(2):  # the second is refused, and tells nobody
        with django_capture_on_commit_callbacks(execute=True):
            admin.post(reverse("sign_on_domains"), {"domain": "alder.example"})
    wait_until_sent()
    assert [message.to for message in mail.outbox] == [[contact]] * told
    for message in mail.outbox:
        assert "alder.example" in str(message.subject)
        assert "Alder Police" in str(message.body)
        assert "https://candor.example/platform/accounts/signondomain/" in str(message.body)


def test_an_agency_cannot_confirm_its_domain_itself(alder: Agency) -> None:
    row = make_domain(make_provider(alder), "alder.example", confirmed=False)
    with scope(alder.pk):
        for sql in (
            "UPDATE accounts_signondomain SET confirmed_at = now()",
            "UPDATE accounts_signondomain SET domain = 'birch.example'",
            "INSERT INTO accounts_signondomain (agency_id, provider_id, domain, proposed_at,"
            " proposed_by_label, confirmed_at, confirmed_by_label) SELECT agency_id, provider_id,"
            " 'x.example', now(), '', now(), '' FROM accounts_signondomain",
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(sql)
        with pytest.raises(Exception, match="platform"):
            confirm_domain(actor=command_actor("test", alder.pk), pk=row.pk)
    assert provider_for("alder.example") is None


def test_the_platform_cannot_make_or_change_a_providers_row(alder: Agency) -> None:
    make_domain(make_provider(alder), "alder.example")
    with platform_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_identityprovider")
        assert cursor.fetchone() == (0,)
        cursor.execute("UPDATE accounts_identityprovider SET issuer = 'https://evil.example'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM accounts_signondomain")
        assert cursor.rowcount == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("UPDATE accounts_signondomain SET domain = 'evil.example'")


def test_before_log_in_only_what_is_named_is_visible(alder: Agency, birch: Agency) -> None:
    providers = [make_provider(agency) for agency in (alder, birch)]
    for provider, name in zip(providers, ("alder.example", "birch.example"), strict=True):
        make_domain(provider, name)
    make_domain(providers[1], "open.example", confirmed=False)
    with sign_on_scope("alder.example"), connection.cursor() as cursor:
        cursor.execute("SELECT domain FROM accounts_signondomain")
        assert cursor.fetchall() == [("alder.example",)]
        cursor.execute("SELECT count(*) FROM accounts_identityprovider")
        assert cursor.fetchone() == (0,)
    with sign_on_scope("open.example"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_signondomain")
        assert cursor.fetchone() == (0,)
    with sign_on_scope(str(providers[0].pk)), connection.cursor() as cursor:
        cursor.execute("SELECT agency_id FROM accounts_identityprovider")
        assert cursor.fetchall() == [(alder.pk,)]
        cursor.execute("UPDATE accounts_identityprovider SET issuer = 'https://evil.example'")
        assert cursor.rowcount == 0
    assert provider_of(providers[0].pk) is None  # not enabled


# --- Calls to providers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::ffff:10.0.0.1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "64:ff9b::169.254.169.254",
        "2002:a00:1::1",
    ],
)
def test_addresses_inside_are_not_called(address: str, settings: Any) -> None:
    assert not may_connect("idp.example", address)
    settings.SSO_HOSTS = ["idp.example"]
    assert may_connect("idp.example", address)


def test_public_addresses_are_called() -> None:
    assert may_connect("idp.example", "1.1.1.1")
    assert may_connect("idp.example", "2606:4700:4700::1111")
    assert may_connect("idp.example", "64:ff9b::1.1.1.1")


def test_plain_http_is_for_listed_loopback_hosts(settings: Any) -> None:
    assert not is_acceptable("http://127.0.0.1:8080/x")
    settings.SSO_HOSTS = ["127.0.0.1", "idp.example"]
    assert is_acceptable("http://127.0.0.1:8080/x")
    assert not is_acceptable("http://idp.example/x")
    assert not is_acceptable("https://idp.example:port/x")


def test_a_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the first look at the name was harmless: the socket itself is asked."""
    server = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []

    def listen() -> None:
        peer, _ = server.accept()
        with peer:
            seen.append(peer.recv(100))

    thread = threading.Thread(target=listen)
    thread.start()
    port = server.getsockname()[1]
    real, looks = socket.getaddrinfo, iter([[(2, 1, 6, "", ("1.1.1.1", port))]])
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *a, **k: next(looks, None) or real("127.0.0.1", port)
    )
    with Outgoing() as session, pytest.raises(requests.ConnectionError):
        session.get(f"https://idp.example:{port}/")
    thread.join()
    server.close()
    assert seen == [b""]
