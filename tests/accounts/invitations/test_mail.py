"""The mail of an invitation, and the seat that it takes."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, Invitation, Role, User
from accounts.services.invitations import resend_invitation, revoke_invitation
from portal.tenancy import platform_scope, scope
from tests.accounts.invitations.cast import NEW, accept, code_of, invited, last_token, members
from tests.conftest import join
from tests.factories import make_license

pytestmark = pytest.mark.django_db


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
        number, title = case.number, case.title
    invited(admin)
    text = str(mail.outbox[0].message())
    assert number not in text
    assert title not in text
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
