"""A password alone opens nothing: codes, passkeys, recovery codes, and ways around them."""

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Membership, Role, User
from accounts.services.factors import reset_factors
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import platform_scope, scope
from tests.conftest import PASSWORD, join
from tests.second_factor import PERIOD, SECRET, code_at, give_app, next_code

pytestmark = pytest.mark.django_db

FACTOR = "/login/factor/"


@pytest.fixture
def armed(ana: User) -> User:
    """Ana, with an authenticator app."""
    give_app(ana)
    return ana


def with_password(client: Client, user: User) -> Any:
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


def home(client: Client) -> Any:
    response = client.get(reverse("home"))
    return response.status_code, response.get("Location", "")


def entries(action: Action) -> list[dict[str, Any]]:
    with platform_scope():
        rows = AuditEntry.objects.filter(action=action).order_by("id")
        return list(rows.values_list("data", flat=True))


def test_password_and_code_open_the_notice_and_each_step_is_recorded(
    client: Client, armed: User
) -> None:
    assert with_password(client, armed)["Location"] == FACTOR
    assert home(client)[0] == 302
    response = client.post(FACTOR, {"code": next_code(armed.email)})
    assert response["Location"] == reverse("home")
    assert home(client) == (302, "/agency/notice/?next=%2F")
    assert entries(Action.LOGIN)[-1] == {"methods": ["password", "totp"]}


@pytest.mark.parametrize("code", ["000000", "", "12345", "abcdef", "0" * 4000])
def test_a_wrong_code_opens_nothing_and_is_recorded(client: Client, armed: User, code: str) -> None:
    with_password(client, armed)
    assert client.post(FACTOR, {"code": code}).status_code == 200
    assert home(client)[1].startswith(reverse("account_login"))
    expected = [{"step": "second factor"}] if code else []
    assert entries(Action.LOGIN_FAILED) == expected


def test_a_code_counts_once_for_everybody_who_saw_it(armed: User) -> None:
    code = code_at(int(time.time()) // PERIOD)
    first, second = Client(), Client()
    for client in (first, second):
        with_password(client, armed)
    assert first.post(FACTOR, {"code": code}).status_code == 302
    assert second.post(FACTOR, {"code": code}).status_code == 200
    assert home(second)[1].startswith(reverse("account_login"))


def test_the_second_step_without_the_first_leads_back(client: Client, armed: User) -> None:
    for response in (client.get(FACTOR), client.post(FACTOR, {"code": next_code(armed.email)})):
        assert response["Location"] == reverse("account_login")


def test_a_recovery_code_opens_once(armed: User) -> None:
    codes = RecoveryCodes.activate(armed).get_unused_codes()
    for expected in (302, 200):
        client = Client()
        with_password(client, armed)
        assert client.post(FACTOR, {"code": codes[0]}).status_code == expected


def test_without_a_factor_every_page_leads_to_setting_one_up(client: Client, ana: User) -> None:
    with_password(client, ana)
    for name in ("home", "cases", "tokens", "sessions", "account", "password_change"):
        assert client.get(reverse(name))["Location"] == reverse("mfa_index"), name
    page = client.get(reverse("home"), headers={"HX-Request": "true"})
    assert (page.status_code, page["HX-Redirect"]) == (204, reverse("mfa_index"))
    assert b"Choose a second factor" in client.get(reverse("mfa_index")).content


def test_setting_up_an_app_completes_the_log_in_and_shows_recovery_codes_once(
    client: Client, ana: User, django_capture_on_commit_callbacks: Any
) -> None:
    with_password(client, ana)
    page = client.get(reverse("mfa_activate_totp"))
    assert b"data:image/svg+xml" in page.content
    session = client.session
    session["mfa.totp.secret"] = SECRET
    session.save()
    with django_capture_on_commit_callbacks(execute=True):  # its mail
        response = client.post(reverse("mfa_activate_totp"), {"code": next_code(ana.email)})
    assert response["Location"] == reverse("mfa_view_recovery_codes")
    codes = client.get(response["Location"])
    assert codes.content.count(b"<li>") >= 10
    assert b"not shown again" in client.get(response["Location"]).content
    assert b"<code>" not in client.get(response["Location"]).content
    assert home(client)[0] == 302
    assert entries(Action.FACTOR_ADDED) == [{"type": "totp"}, {"type": "recovery_codes"}]
    wait_until_sent()
    assert "Authenticator app added" in [m.subject for m in mail.outbox]


def test_a_session_of_the_password_alone_ends_when_a_factor_appears(ana: User) -> None:
    thief, owner = Client(), Client()
    with_password(thief, ana)
    assert thief.get(reverse("mfa_index")).status_code == 200
    give_app(ana)
    for name in ("mfa_index", "mfa_deactivate_totp", "home", "mfa_add_webauthn"):
        assert thief.get(reverse(name)).status_code == 302, name
        assert thief.session.get("_auth_user_id") is None
        with_password(thief, ana)
    with_password(owner, ana)
    assert owner.post(FACTOR, {"code": next_code(ana.email)}).status_code == 302


def test_secrets_of_factors_are_sealed_in_the_database(armed: User) -> None:
    RecoveryCodes.activate(armed)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        stored = " ".join(row[0] for row in cursor.fetchall())
    assert SECRET not in stored
    assert Authenticator.objects.get(type="totp").wrap().validate_code(next_code(armed.email))


def test_the_last_factor_cannot_be_removed(client: Client, armed: User) -> None:
    client.force_login(armed)
    page = client.get(reverse("mfa_deactivate_totp"))
    assert "only second factor" in page.content.decode()
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=armed, type="totp").exists()


def test_factors_are_changed_with_a_recent_proof_only(client: Client, armed: User) -> None:
    client.force_login(armed)
    session = client.session
    for entry in session["account_authentication_methods"]:
        entry["at"] -= 3600
    session.save()
    for name in ("mfa_deactivate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
        response = client.get(reverse(name))
        assert response["Location"].startswith(reverse("account_reauthenticate")), name
    wrong = {"password": "not the password", "next": reverse("mfa_add_webauthn")}
    assert client.post(reverse("account_reauthenticate"), wrong).status_code == 200
    right = wrong | {"password": PASSWORD}
    response = client.post(reverse("account_reauthenticate"), right)
    assert response["Location"] == reverse("mfa_add_webauthn")
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200


def test_somebody_elses_passkey_does_not_exist(client: Client, armed: User, ada: User) -> None:
    theirs = Authenticator.objects.create(
        user=ada, type="webauthn", data={"name": "x", "credential": {}}
    )
    client.force_login(armed)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        address = reverse(name, args=[theirs.pk])
        assert (client.get(address).status_code, client.post(address).status_code) == (404, 404)
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


SHAPES = ["", "{}", "[]", "null", '"x"', "7", '{"id": "x"}', '{"response": []}', "not json"]
SHAPES.append(
    '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "eA",'
    ' "authenticatorData": "eA", "signature": "eA", "userHandle": "eA", "attestationObject": "eA"}}'
)


@pytest.mark.parametrize("credential", SHAPES)
def test_a_broken_passkey_opens_nothing(client: Client, armed: User, credential: str) -> None:
    response = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert response["Location"] == reverse("account_login")
    with_password(client, armed)
    assert client.post(FACTOR, {"credential": credential}).status_code == 200
    assert home(client)[1].startswith(reverse("account_login"))
    client.force_login(armed)
    address = reverse("mfa_add_webauthn")
    client.get(address)
    assert client.post(address, {"name": "x", "credential": credential}).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_an_admin_takes_off_the_factors_of_a_member_who_lost_them(
    client: Client, alder: Agency, armed: User, ada: User, as_actor: Any
) -> None:
    client.force_login(armed)
    with scope(alder.pk):
        member = Membership.objects.get(user=armed)
        reset_factors(actor=as_actor(ada, alder), membership=member)
        [entry] = AuditEntry.objects.filter(action=Action.FACTORS_RESET)
    assert (entry.data, entry.actor_id) == ({"types": ["totp"]}, ada.pk)
    assert home(client)[1].startswith(reverse("account_login"))
    assert with_password(Client(), armed)["Location"] == reverse("home")
    assert not Authenticator.objects.filter(user=armed).exists()


def test_others_cannot(alder: Agency, armed: User, as_actor: Any) -> None:
    sue = join(alder, "sue@alder.example", "Sue", Role.SUPERVISOR)
    with scope(alder.pk):
        member = Membership.objects.get(user=armed)
        with pytest.raises(PermissionDenied):
            reset_factors(actor=as_actor(sue, alder), membership=member)
    assert Authenticator.objects.filter(user=armed).exists()
