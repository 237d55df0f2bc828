"""Who sees an invitation, who may be invited, and by whom."""

import re

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Agency, Invitation, Membership, User
from accounts.models.invitation import MAX_TRIES
from accounts.services.invitations import invite_member
from portal.audit.actions import Action
from portal.scoping import invitation_scope
from portal.tenancy import platform_scope, scope, user_scope
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
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_the_database_shows_an_invitation_to_who_knows_its_hash_and_no_list(
    alder: Agency, birch: Agency, ada: User, admin: Actor
) -> None:
    invitation = invited(admin)
    invited(admin, "second@alder.example")

    def seen() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT email FROM accounts_invitation")
            return [row[0] for row in cursor.fetchall()]

    assert seen() == []
    for context in (platform_scope(), scope(birch.pk), user_scope(ada.pk), invitation_scope("")):
        with context:
            assert seen() == []
    with invitation_scope(invitation.token_hash):
        assert seen() == [NEW]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_invitation SET tries = 0")
            assert cursor.rowcount == 0
    assert seen() == []


def test_unknown_used_withdrawn_and_old_links_get_one_answer(
    client: Client, alder: Agency, admin: Actor
) -> None:
    pages = [client.get(reverse("invitation", args=["x" * 43]))]
    for number, end in enumerate(("accepted_at", "revoked_at", "expires_at")):
        invitation = invited(admin, f"n{number}@alder.example")
        with scope(alder.pk):
            Invitation.objects.filter(pk=invitation.pk).update(**{end: timezone.now()})
        pages.append(client.get(reverse("invitation", args=[last_token()])))
    assert {page.status_code for page in pages} == {404}
    assert len({without_token(page.content.decode()) for page in pages}) == 1


def without_token(page: str) -> str:
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
    return re.sub(r"/invitation/[^/]+/", "", page)


@pytest.mark.parametrize("password", ["short", "1q2w3e4r5t6y7u8i9o0p", "wrong but long enough"])
def test_the_page_does_not_tell_whether_the_address_has_an_account(
    client: Client, alder: Agency, bob: User, admin: Actor, password: str
) -> None:
    """Only a good new password differs, and that one uses the invitation up."""
    answers = []
    for email in (bob.email, NEW):
        invited(admin, email)
        address = reverse("invitation", args=[last_token()])
        first = client.get(address)
        posted = client.post(address, {"name": "X", "password": password})
        page = without_token(first.content.decode() + posted.content.decode())
        answers.append((posted.status_code, page.replace(email, "ADDRESS")))
    if password.startswith("wrong"):
        assert [status for status, _ in answers] == [422, 302]
    else:
        assert answers[0] == answers[1]
        assert "invitation_refused" in answers[0][1]
        assert not User.objects.filter(email=NEW).exists()


def test_both_kinds_of_refusal_compute_one_hash(
    alder: Agency, bob: User, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    counts = []
    for email in (bob.email, NEW):
        invited(admin, email)
        hashed.clear()
        assert code_of(accept, last_token(), password="short") == "invitation_refused"
        counts.append(len(hashed))
    assert counts == [1, 1]


def test_a_link_does_not_serve_to_guess_a_password(alder: Agency, bob: User, admin: Actor) -> None:
    invited(admin, bob.email)
    token = last_token()
    codes = [code_of(accept, token, password=f"guess number {n}") for n in range(MAX_TRIES + 1)]
    assert codes == ["invitation_refused"] * MAX_TRIES + ["invitation_dead"]
    assert code_of(accept, token, password=PASSWORD) == "invitation_dead"
    assert entries(alder).count(Action.INVITATION_REFUSED) == MAX_TRIES


def test_the_last_try_may_be_the_right_one(alder: Agency, bob: User, admin: Actor) -> None:
    invited(admin, bob.email)
    for _ in range(MAX_TRIES - 1):
        code_of(accept, last_token(), password="wrong")
    assert accept(last_token(), password=PASSWORD).user == bob


def test_a_person_the_platform_deactivated_cannot_join(
    alder: Agency, bob: User, admin: Actor
) -> None:
    invited(admin, bob.email)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert code_of(accept, last_token(), password=PASSWORD) == "invitation_refused"
    assert members(alder) == 1


def test_posting_without_a_csrf_token_is_refused(alder: Agency, admin: Actor) -> None:
    invited(admin)
    client = Client(enforce_csrf_checks=True)
    address = reverse("invitation", args=[last_token()])
    assert client.post(address, {"name": "Zoe", "password": STRONG}).status_code == 403
    assert members(alder) == 1


def test_the_page_leads_nowhere_else(client: Client, alder: Agency, admin: Actor) -> None:
    invited(admin)
    address = reverse("invitation", args=[last_token()]) + "?next=https://evil.example/"
    response = client.post(
        address, {"name": "Zoe", "password": STRONG, "next": "https://evil.example/"}
    )
    assert response["Location"] == reverse("account_login")


def test_an_address_is_invited_once_and_a_member_not_at_all(
    alder: Agency, ana: User, eli: User, admin: Actor
) -> None:
    invited(admin)
    with scope(alder.pk):
        Membership.objects.filter(user=eli).update(deactivated_at=timezone.now())
    assert code_of(invited, admin, "Zoe@Alder.example") == "already_invited"
    assert code_of(invited, admin, ana.email) == "already_member"
    assert code_of(invited, admin, eli.email) == "member_deactivated"
    assert len(mail.outbox) == 1


def test_the_answer_for_an_address_of_another_agency_is_the_same_as_for_a_new_one(
    client: Client, alder: Agency, ada: User, bob: User
) -> None:
    client.force_login(ada)
    for email in (bob.email, NEW):
        values = {"email": email, "roles": ["analyst"], "language": "en"}
        response = client.post(reverse("invite"), values)
        assert response["Location"] == reverse("people")


@pytest.mark.parametrize("roles", [[], ["owner"], ["analyst", "superuser"], [""]])
def test_unknown_roles_are_refused(
    client: Client, alder: Agency, ada: User, admin: Actor, roles: list[str]
) -> None:
    with scope(alder.pk):
        refused = code_of(invite_member, actor=admin, email=NEW, roles=roles, language="en")
    assert refused == "roles_unknown"
    client.force_login(ada)
    values = {"email": NEW, "roles": roles, "language": "en"}
    assert client.post(reverse("invite"), values).status_code == 422
    with scope(alder.pk):
        assert not Invitation.objects.exists()
    assert mail.outbox == []


@pytest.mark.parametrize("email", ["", "x", "a@b", "a@b.example\nBcc: c@d.example"])
def test_what_is_no_address_is_refused(alder: Agency, admin: Actor, email: str) -> None:
    with pytest.raises(ValidationError):
        invited(admin, email)
    assert mail.outbox == []


def test_only_administrators_invite(alder: Agency, ana: User, as_actor: "object") -> None:
    with pytest.raises(PermissionDenied):
        invited(as_actor(ana, alder))  # type: ignore[operator]
    assert mail.outbox == []


def test_another_agencys_invitation_does_not_exist(
    client: Client, alder: Agency, bob: User, admin: Actor
) -> None:
    invitation = invited(admin)
    token = last_token()
    client.force_login(bob)
    for name in ("invitation_resend", "invitation_revoke"):
        assert client.post(reverse(name, args=[invitation.pk])).status_code == 404
    assert len(mail.outbox) == 1
    accept(token)
