"""Invitations: a link works once, for one person, for some days, and tells strangers nothing."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, Invitation, Membership, Role, User
from accounts.models.invitation import MAX_TRIES
from accounts.services.invitations import (
    hash_of,
    invite_member,
    live_invitation,
    resend_invitation,
    revoke_invitation,
)
from accounts.services.joining import accept_as, accept_with_password
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.scoping import invitation_scope
from portal.tenancy import platform_scope, scope, user_scope
from tests.conftest import PASSWORD, complete_log_in, join
from tests.factories import make_license

pytestmark = pytest.mark.django_db

NEW = "zoe@alder.example"
STRONG = "seven green lamps at noon"


@pytest.fixture
def admin(alder: Agency, ada: User, as_actor: "object") -> Actor:
    return as_actor(ada, alder)  # type: ignore[operator,no-any-return]


def invited(admin: Actor, email: str = NEW, *roles: str, language: str = "en") -> Invitation:
    assert admin.agency_id is not None
    with scope(admin.agency_id):
        return invite_member(
            actor=admin, email=email, roles=roles or ["analyst"], language=language
        )


def last_token() -> str:
    found = re.search(r"/invitation/([^/\s]+)/", str(mail.outbox[-1].body))
    assert found
    return found[1]


def accept(token: str, name: str = "Zoe", password: str = STRONG) -> Membership:
    return accept_with_password(source="127.0.0.1", token=token, name=name, password=password)


def code_of(call: "object", *args: object, **kwargs: object) -> str:
    with pytest.raises(Fault) as refused:
        call(*args, **kwargs)  # type: ignore[operator]
    return refused.value.code


def members(agency: Agency) -> int:
    with scope(agency.pk):
        return Membership.objects.count()


def entries(agency: Agency) -> list[str]:
    with scope(agency.pk):
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


# --- The link ------------------------------------------------------------------------------------


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


# --- Who sees an invitation ----------------------------------------------------------------------


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


# --- Who may be invited, and by whom -------------------------------------------------------------


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


# --- The mail ------------------------------------------------------------------------------------


def test_the_mail_has_the_link_of_the_settings_and_nothing_of_the_host_header(
    client: Client, alder: Agency, ada: User, settings: "object"
) -> None:
    settings.BASE_URL = "https://candor.alder.example"  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["*"]  # type: ignore[attr-defined]
    client.force_login(ada)
    values = {"email": NEW, "roles": ["analyst"], "language": "en"}
    client.post(
        reverse("invite"),
        values,
        headers={"host": "evil.example", "x-forwarded-host": "evil.example"},
    )
    message = mail.outbox[0]
    assert message.to == [NEW]
    assert "https://candor.alder.example/invitation/" in str(message.body)
    assert "evil" not in str(message.message())
    assert message.subject == "Invitation to Alder Police"


def test_the_mail_names_no_case(alder: Agency, admin: Actor) -> None:
    from tests.factories import make_case

    with scope(alder.pk):
        case = make_case(alder, "2026-4711")
    invited(admin)
    text = str(mail.outbox[0].message())
    assert case.number not in text
    assert case.title not in text
    assert "ada@alder.example" in text


def test_french_speakers_get_french_mails(
    alder: Agency, birch: Agency, bob: User, admin: Actor
) -> None:
    invited(admin, NEW, language="fr")
    assert mail.outbox[-1].subject.startswith("Invitation à")
    User.objects.filter(pk=bob.pk).update(language="fr")
    invited(admin, bob.email, language="en")
    assert mail.outbox[-1].subject.startswith("Invitation à")
    assert "Ouvrez ce lien" in str(mail.outbox[-1].body)


def test_a_line_break_in_the_agencys_name_adds_no_header(alder: Agency, admin: Actor) -> None:
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(name="Alder\r\nBcc: evil@evil.example")
    invited(admin)
    assert mail.outbox[0].subject == "Invitation to Alder Bcc: evil@evil.example"
    assert "Bcc" not in dict(mail.outbox[0].message().items())


def test_a_failing_mail_server_loses_nothing(
    client: Client, alder: Agency, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    client.force_login(ada)
    with monkeypatch.context() as broken:
        broken.setattr("accounts.mails.send_mail", unreachable)
        values = {"email": NEW, "roles": ["analyst"], "language": "en"}
        page = client.post(reverse("invite"), values, follow=True).content.decode()
    assert "could not be sent" in page
    with scope(alder.pk):
        invitation = Invitation.objects.get()
    client.post(reverse("invitation_resend", args=[invitation.pk]))
    accept(last_token())


# --- Seats ---------------------------------------------------------------------------------------


def set_seats(agency: Agency, seats: int) -> None:
    """Another license, which counts from now on."""
    make_license(agency, seats=seats)


def test_open_invitations_count_as_seats(alder: Agency, admin: Actor) -> None:
    set_seats(alder, 2)
    invitation = invited(admin)
    assert code_of(invited, admin, "second@alder.example") == "seats_used_up"
    with scope(alder.pk):
        resend_invitation(actor=admin, invitation=invitation)  # has its seat already
        revoke_invitation(actor=admin, invitation=invitation)
    invited(admin, "second@alder.example")


def test_a_person_added_by_command_takes_a_seat(alder: Agency, admin: Actor) -> None:
    set_seats(alder, 2)
    invited(admin)
    with pytest.raises(Fault, match="seats_used_up"):
        join(alder, "third@alder.example", "Third", Role.ANALYST)
    assert not User.objects.filter(email="third@alder.example").exists()
    assert members(alder) == 1
    set_seats(alder, 3)
    join(alder, "third@alder.example", "Third", Role.ANALYST)
    assert members(alder) == 2


def test_an_invitation_that_ran_out_gave_its_seat_back(alder: Agency, admin: Actor) -> None:
    set_seats(alder, 2)
    old = invited(admin)
    with scope(alder.pk):
        Invitation.objects.update(expires_at=timezone.now())
    invited(admin, "second@alder.example")
    with scope(alder.pk):
        assert code_of(resend_invitation, actor=admin, invitation=old) == "seats_used_up"


def test_a_seat_that_is_gone_at_acceptance_leaves_the_link_usable(
    alder: Agency, admin: Actor
) -> None:
    invited(admin)
    set_seats(alder, 1)
    assert code_of(accept, last_token()) == "seats_used_up"
    assert not User.objects.filter(email=NEW).exists()
    set_seats(alder, 2)
    accept(last_token())


def test_a_member_elsewhere_uses_no_seat_here(alder: Agency, birch: Agency, admin: Actor) -> None:
    set_seats(alder, 2)
    for number in range(3):
        join(birch, f"b{number}@birch.example", "B", Role.ANALYST)
    invited(admin)
    accept(last_token())
    assert members(alder) == 2
