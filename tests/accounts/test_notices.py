"""Whom an e-mail tells about access: on commit, in their language, from the settings' address."""

import logging
import re
import threading

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.actor import Actor, command_actor
from accounts.faults import Fault
from accounts.models import Agency, Membership, Role, User
from accounts.services.invitations import invite_member
from accounts.services.joining import accept_with_password
from accounts.services.people import change_roles, deactivate_member, reactivate_member
from accounts.services.tokens import revoke_token
from portal.post import wait_until_sent
from portal.tenancy import platform_scope, scope
from tests.conftest import join
from tests.factories import make_case, make_token

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db

Commit = DjangoCaptureOnCommitCallbacks
STRONG = "seven green lamps at noon"


@pytest.fixture
def admin(alder: Agency, ada: User, as_actor: "object") -> Actor:
    return as_actor(ada, alder)  # type: ignore[operator,no-any-return]


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Commit) -> Commit:
    return django_capture_on_commit_callbacks


def member_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


def sent() -> list[tuple[str, str]]:
    """Recipient and subject of every e-mail since the last look."""
    wait_until_sent()
    found = [(message.to[0], str(message.subject)) for message in mail.outbox]
    mail.outbox.clear()
    return found


def only() -> EmailMessage:
    wait_until_sent()
    (message,) = mail.outbox
    return message


def test_a_person_learns_of_other_roles(
    alder: Agency, ana: User, admin: Actor, commit: Commit
) -> None:
    with scope(alder.pk), commit(execute=True):
        change_roles(actor=admin, membership=member_of(ana), roles=["examiner", "auditor"])
    text = str(only().body)
    assert only().to == ["ana@alder.example"]
    assert only().subject == "Your roles in Alder Police have changed"
    assert "are now: Examiner, Auditor. Before: Analyst." in text
    assert "Done by ada@alder.example on " in text


def test_roles_that_stay_the_same_are_no_news(
    alder: Agency, ana: User, admin: Actor, commit: Commit
) -> None:
    with scope(alder.pk), commit(execute=True):
        change_roles(actor=admin, membership=member_of(ana), roles=["analyst"])
    assert sent() == []


def test_a_person_learns_of_the_end_and_the_return_of_access(
    alder: Agency, ana: User, admin: Actor, commit: Commit
) -> None:
    with scope(alder.pk):
        for act in (deactivate_member, deactivate_member, reactivate_member, reactivate_member):
            with commit(execute=True):
                act(actor=admin, membership=member_of(ana))
    assert sent() == [
        (ana.email, "Your access to Alder Police has ended"),
        (ana.email, "You have access to Alder Police again"),
    ]


def test_a_person_learns_that_they_were_added(alder: Agency, admin: Actor, commit: Commit) -> None:
    with commit(execute=True):
        join(alder, "new@alder.example", "New", Role.ANALYST)
    assert sent() == [("new@alder.example", "You belong to Alder Police in Candor now")]
    with scope(alder.pk):
        invite_member(actor=admin, email="zoe@alder.example", roles=["examiner"], language="fr")
    found = re.search(r"/invitation/([^/\s]+)/", str(only().body))
    assert found
    mail.outbox.clear()
    with commit(execute=True):
        accept_with_password(source="127.0.0.1", token=found[1], name="Zoe", password=STRONG)
    assert only().to == ["zoe@alder.example"]
    assert "Alder Police" in only().subject


def test_administrators_learn_who_joins_and_leaves_their_circle(
    alder: Agency, birch: Agency, ada: User, ana: User, bob: User, admin: Actor, commit: Commit
) -> None:
    """Each other admin of this agency who can work, with the one who acts."""
    second = join(alder, "abe@alder.example", "Abe", Role.ADMIN)
    gone = join(alder, "gus@alder.example", "Gus", Role.ADMIN)
    with scope(alder.pk):
        deactivate_member(actor=admin, membership=member_of(gone))
        for roles, words in ((["admin"], "another administrator"), (["analyst"], "less")):
            with commit(execute=True):
                change_roles(actor=admin, membership=member_of(ana), roles=roles)
            told = sent()
            assert [email for email, _ in told] == [ana.email, ada.email, second.email]
            assert all(words in subject for _, subject in told[1:])
        for act in (deactivate_member, reactivate_member):
            with commit(execute=True):
                act(actor=admin, membership=member_of(second))
            assert [email for email, _ in sent()] == [second.email, ada.email]
        with commit(execute=True):  # waits without access: no administrator yet
            change_roles(actor=admin, membership=member_of(gone), roles=["auditor"])
            change_roles(actor=admin, membership=member_of(gone), roles=["admin"])
        assert [email for email, _ in sent()] == [gone.email, gone.email]


def test_an_owner_learns_that_somebody_else_revoked_a_token(
    alder: Agency, ana: User, admin: Actor, as_actor: "object", commit: Commit
) -> None:
    own: Actor = as_actor(ana, alder)  # type: ignore[operator]
    first, second = make_token(alder, ana)[0], make_token(alder, ana)[0]
    with scope(alder.pk), commit(execute=True):
        revoke_token(actor=own, token=first)
        assert sent() == []
        revoke_token(actor=admin, token=second)
        revoke_token(actor=admin, token=second)
    assert only().to == [ana.email]
    assert second.hint in str(only().body)
    assert second.digest not in str(only().body)


def test_what_is_rolled_back_or_refused_tells_nobody(
    alder: Agency, ada: User, ana: User, admin: Actor, commit: Commit
) -> None:
    with scope(alder.pk), commit(execute=True) as callbacks:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            deactivate_member(actor=admin, membership=member_of(ana))
            raise ZeroDivisionError
        with pytest.raises(Fault, match="last_admin"):
            operator = command_actor("test", alder.pk)
            change_roles(actor=operator, membership=member_of(ada), roles=["analyst"])
        assert member_of(ana).deactivated_at is None
    assert callbacks == []
    assert sent() == []


def test_nothing_leaves_before_the_commit(
    alder: Agency, ana: User, admin: Actor, commit: Commit
) -> None:
    with scope(alder.pk), commit() as callbacks:
        deactivate_member(actor=admin, membership=member_of(ana))
    assert sent() == []
    assert len(callbacks) == 1


def test_everybody_reads_their_own_language(
    alder: Agency, ada: User, ana: User, admin: Actor, commit: Commit
) -> None:
    User.objects.filter(pk=ana.pk).update(language="fr")
    with scope(alder.pk), commit(execute=True):
        change_roles(actor=admin, membership=member_of(ana), roles=["admin"])
    wait_until_sent()
    first, second = mail.outbox
    assert first.subject == "Vos rôles dans Alder Police ont changé"
    assert "Avant\u00a0: Analyste" in str(first.body)
    assert second.subject == "Alder Police has another administrator"


def test_links_come_from_the_settings_and_not_from_the_host_header(
    client: Client, alder: Agency, ada: User, ana: User, settings: "object", commit: Commit
) -> None:
    settings.BASE_URL = "https://candor.alder.example"  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["*"]  # type: ignore[attr-defined]
    client.force_login(ada)
    with scope(alder.pk):
        address = reverse("member", args=[member_of(ana).pk])
    with commit(execute=True):
        client.post(
            address,
            {"roles": ["admin"]},
            headers={"host": "evil.example", "x-forwarded-host": "evil.example"},
        )
    wait_until_sent()
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        assert "https://candor.alder.example/" in str(message.body)
        assert "evil" not in str(message.message())


def test_names_add_no_headers_and_cases_are_not_named(
    alder: Agency, ana: User, admin: Actor, commit: Commit
) -> None:
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(name="Alder\r\nBcc: evil@evil.example")
    with scope(alder.pk), commit(execute=True):
        case = make_case(alder, "2026-4711")
        number, title = case.number, case.title
        deactivate_member(actor=admin, membership=member_of(ana))
    assert only().subject == "Your access to Alder Bcc: evil@evil.example has ended"
    assert "Bcc" not in dict(only().message().items())
    assert number not in str(only().message())
    assert title not in str(only().message())


def test_a_mail_server_that_does_not_answer_holds_no_page_up(
    client: Client,
    alder: Agency,
    ada: User,
    ana: User,
    commit: Commit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = threading.Event()

    def silent(*args: object, **kwargs: object) -> None:
        assert answers.wait(30)

    backend = "django.core.mail.backends.locmem.EmailBackend.send_messages"
    monkeypatch.setattr(backend, silent)
    client.force_login(ada)
    with scope(alder.pk):
        address = reverse("member_deactivate", args=[member_of(ana).pk])
    with commit(execute=True):
        assert client.post(address).status_code == 302  # before the server has answered
    answers.set()
    wait_until_sent()


def test_a_failing_mail_server_undoes_nothing(
    alder: Agency,
    ana: User,
    admin: Actor,
    commit: Commit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def unreachable(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    backend = "django.core.mail.backends.locmem.EmailBackend.send_messages"
    monkeypatch.setattr(backend, unreachable)
    with scope(alder.pk), caplog.at_level(logging.WARNING):
        with commit(execute=True):
            deactivate_member(actor=admin, membership=member_of(ana))
        wait_until_sent()
        assert member_of(ana).deactivated_at is not None
    assert "A mail was not sent (ConnectionRefusedError)" in caplog.text
    assert ana.email not in caplog.text
