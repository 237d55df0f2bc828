"""The link of an invitation works once, for one person, for some days."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Agency, Invitation, Membership, User
from accounts.models.invitation import MAX_TRIES
from accounts.services.invitations import (
    hash_of,
    live_invitation,
    resend_invitation,
    revoke_invitation,
)
from accounts.services.joining import accept_as
from portal.audit.actions import Action
from portal.tenancy import platform_scope, scope
from tests.accounts.invitations.cast import (
    NEW,
    STRONG,
    accept,
    code_of,
    entries,
    invited,
    last_token,
    members,
)
from tests.conftest import PASSWORD, complete_log_in

pytestmark = pytest.mark.django_db


def test_a_new_person_joins_by_the_link_and_logs_in(
    client: Client, alder: Agency, admin: Actor
) -> None:
    invited(admin, " ZOE@alder.example ", "examiner", "analyst")
    address = reverse("invitation", args=[last_token()])
    assert "Alder Police" in client.get(address).content.decode()
    response = client.post(address, {"name": "Zoe", "password": STRONG})
    assert response["Location"] == reverse("account_login")
    response = client.post(reverse("account_login"), {"login": NEW, "password": STRONG})
    assert response["Location"] == reverse("home")
    with scope(alder.pk):
        membership = Membership.objects.get(user__email=NEW)
    assert membership.roles == ["analyst", "examiner"]
    complete_log_in(client, membership.user)
    assert client.get(reverse("home")).context["agency"] == alder
    assert Action.INVITATION_SENT in entries(alder)
    assert Action.INVITATION_ACCEPTED in entries(alder)


def test_a_person_with_an_account_gives_its_password(
    alder: Agency, birch: Agency, bob: User, admin: Actor
) -> None:
    invited(admin, bob.email)
    assert accept(last_token(), "Somebody else", PASSWORD).user == bob
    bob.refresh_from_db()
    assert bob.name == "Bob"
    assert bob.check_password(PASSWORD)
    assert members(birch) == 1


def test_a_person_who_is_logged_in_joins_with_one_click(
    client: Client, alder: Agency, bob: User, admin: Actor
) -> None:
    invited(admin, bob.email)
    client.force_login(bob)
    response = client.post(reverse("invitation", args=[last_token()]))
    assert response["Location"] == reverse("home")
    complete_log_in(client, bob)  # Alder's notice comes first
    assert client.get(reverse("home")).context["agency"] == alder


def test_a_person_without_an_agency_joins_with_one_click(
    client: Client, alder: Agency, nil: User, admin: Actor
) -> None:
    invited(admin, nil.email)
    client.force_login(nil)
    address = reverse("invitation", args=[last_token()])
    assert client.get(address).status_code == 200
    client.post(address)
    complete_log_in(client, nil)
    assert client.get(reverse("home")).status_code == 200


def test_somebody_elses_link_does_not_work_for_a_logged_in_person(
    client: Client, alder: Agency, ana: User, admin: Actor
) -> None:
    invited(admin)
    client.force_login(ana)
    response = client.post(reverse("invitation", args=[last_token()]))
    assert response.status_code == 422
    assert "invitation_other_person" in response.content.decode()
    assert members(alder) == 2
    assert not User.objects.filter(email=NEW).exists()


def test_a_link_works_once(alder: Agency, admin: Actor) -> None:
    invited(admin)
    token = last_token()
    accept(token)
    assert code_of(accept, token, password=STRONG) == "invitation_dead"
    assert members(alder) == 2


def test_a_link_that_was_loaded_before_its_use_by_another_is_dead(
    alder: Agency, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited(admin, "nil@nowhere.example")
    token = last_token()
    kept = live_invitation(token)
    accept(token)
    monkeypatch.setattr("accounts.services.joining.live_invitation", lambda _: kept)
    user = User.objects.get(email="nil@nowhere.example")
    assert code_of(accept_as, source="", token=token, user=user) == "invitation_dead"
    assert members(alder) == 2


def test_a_link_ends_after_its_days(alder: Agency, admin: Actor, settings: "object") -> None:
    invitation = invited(admin)
    assert invitation.expires_at - invitation.sent_at == timedelta(days=7)
    with scope(alder.pk):
        Invitation.objects.update(expires_at=timezone.now())
    assert code_of(accept, last_token()) == "invitation_dead"
    assert members(alder) == 1


def test_a_withdrawn_link_is_dead(alder: Agency, admin: Actor) -> None:
    invitation = invited(admin)
    with scope(alder.pk):
        revoke_invitation(actor=admin, invitation=invitation)
        again = code_of(revoke_invitation, actor=admin, invitation=invitation)
        resent = code_of(resend_invitation, actor=admin, invitation=invitation)
    assert code_of(accept, last_token()) == "invitation_dead"
    assert (again, resent) == ("invitation_dead", "invitation_dead")
    assert len(mail.outbox) == 1


def test_sending_again_kills_the_old_link(alder: Agency, admin: Actor) -> None:
    invitation = invited(admin)
    old = last_token()
    with scope(alder.pk):
        resend_invitation(actor=admin, invitation=invitation)
    assert len(mail.outbox) == 2
    assert old != last_token()
    assert code_of(accept, old) == "invitation_dead"
    accept(last_token())
    assert members(alder) == 2


def test_an_invitation_that_ran_out_lives_again_when_sent_again(
    alder: Agency, admin: Actor
) -> None:
    invitation = invited(admin)
    with scope(alder.pk):
        Invitation.objects.update(expires_at=timezone.now(), tries=MAX_TRIES)
        resend_invitation(actor=admin, invitation=invitation)
    accept(last_token())
    assert members(alder) == 2


def test_only_the_hash_of_a_token_is_stored(alder: Agency, admin: Actor) -> None:
    invited(admin)
    token = last_token()
    assert len(token) == 43  # 256 bits
    with scope(alder.pk), connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM accounts_invitation i")
        row = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(a::text, ' ') FROM audit_auditentry a")
        log = cursor.fetchone()[0]
    assert hash_of(token) in row
    assert token not in row
    assert token not in log
    assert NEW not in log.replace("actor_label", "")


def test_a_suspended_agency_takes_nobody_in(alder: Agency, admin: Actor) -> None:
    invited(admin)
    with platform_scope(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_agency SET state = 'suspended', suspended_from = state WHERE id = %s",
            [alder.pk],
        )
    assert code_of(accept, last_token()) == "invitation_dead"
    assert members(alder) == 1
