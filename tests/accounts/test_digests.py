"""One e-mail for all that waits: once a day or week, of numbers alone, and none for nothing."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, Digest, Membership, Role, User
from accounts.services.account import update_account
from accounts.services.digests import send_all, send_digests
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import scope
from tests.conftest import join

pytestmark = pytest.mark.django_db

Capture = Callable[..., AbstractContextManager[Any]]
Run = Callable[[datetime], list[Any]]
MONDAY, TUESDAY = datetime(2026, 11, 30, 9, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)


def choose(user: User, digest: Digest, language: str = "en") -> None:
    actor = command_actor("test", None)
    update_account(actor=actor, user=user, digest=digest.value, language=language)


@pytest.fixture
def run(
    alder: Agency,
    ada: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Capture,
) -> Run:
    """The mails that are sent at a moment. Ada, an admin, has no second factor: that waits."""

    def at(moment: datetime) -> list[Any]:
        monkeypatch.setattr(timezone, "now", lambda: moment)
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            send_digests(alder)
        wait_until_sent()
        return list(mail.outbox)

    return at


def test_once_a_day_in_the_morning(run: Run, alder: Agency, ada: User) -> None:
    assert run(MONDAY) == []  # nobody has chosen it
    choose(ada, Digest.DAILY)
    assert run(MONDAY.replace(hour=6, minute=59)) == []
    (sent,) = run(MONDAY)
    assert sent.to == [ada.email]
    assert sent.subject == "Candor: what waits for you"
    assert "What waits for you at Alder Police:" in sent.body
    assert "1  People without a second factor" in sent.body
    assert "/people/?factor=none" in sent.body
    assert run(MONDAY) == []
    assert len(run(TUESDAY)) == 1
    with scope(alder.pk):
        entries = AuditEntry.objects.filter(action=Action.DIGEST_SENT)
        assert [entry.data["figures"] for entry in entries] == [1, 1]


def test_once_a_week_on_monday_or_later(run: Run, ada: User) -> None:
    choose(ada, Digest.WEEKLY)
    assert len(run(MONDAY)) == 1
    assert run(TUESDAY) == run(datetime(2026, 12, 6, 20, tzinfo=UTC)) == []
    assert len(run(datetime(2026, 12, 9, 9, tzinfo=UTC))) == 1  # the worker was down for two days


def test_nothing_waits_for_an_analyst_without_work(run: Run, alder: Agency, ana: User) -> None:
    choose(ana, Digest.DAILY)
    assert run(MONDAY) == []
    with scope(alder.pk):
        assert not AuditEntry.objects.filter(action=Action.DIGEST_SENT).exists()
        assert Membership.objects.get(user=ana).digested_on == MONDAY.date()


@pytest.mark.parametrize("field", ["locked_at", "disabled_at", "deactivated_at"])
def test_who_cannot_log_in_gets_none(run: Run, alder: Agency, ada: User, field: str) -> None:
    join(alder, "adam@alder.example", "Adam", Role.ADMIN)  # an agency keeps one
    choose(ada, Digest.DAILY)
    if field == "deactivated_at":
        with scope(alder.pk):
            Membership.objects.filter(user=ada).update(deactivated_at=MONDAY)
    else:
        reason = {"disabled_reason": "unused"} if field == "disabled_at" else {}
        User.objects.filter(pk=ada.pk).update(**{field: MONDAY}, **reason)
    assert run(MONDAY) == []


def test_the_language_is_the_person_s(run: Run, ada: User) -> None:
    choose(ada, Digest.DAILY, "fr")
    (sent,) = run(MONDAY)
    assert "Personnes sans second facteur" in sent.body


def test_agencies_are_told_apart(
    alder: Agency, birch: Agency, ada: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: MONDAY)
    choose(bob, Digest.DAILY)
    assert send_all() == 1
    for agency, day in ((alder, None), (birch, MONDAY.date())):
        with scope(agency.pk):
            assert {one.digested_on for one in Membership.objects.all()} == {day}
