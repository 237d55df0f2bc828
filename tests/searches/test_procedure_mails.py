"""Notices by e-mail: to the right people, in their language, and without any content."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.models import Agency, Digest, Membership, User
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from searches.mails import remind_authorizers
from searches.models import Basis, Gallery, Search
from searches.services.authorizing import authorize_search, refuse_search
from searches.services.examining import start_examination
from searches.services.searching import run_search
from searches.services.timers import run_timers
from tests.factories import (
    PDF,
    make_case,
    make_certificate,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.searches.procedure import Office, examine, filled_gallery, searched

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

WARRANT = {"basis": Basis.AUTHORIZED, "reference": "Court of Harbour, 12/2026", "document": PDF}
EXAMINERS = {"first", "second", "third"}
AUTHORIZERS = {"supervisor", "deputy"}
Sent = Callable[[Callable[[], object]], list[mail.EmailMessage]]


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 6)


@pytest.fixture
def sent(django_capture_on_commit_callbacks: Callable[..., object]) -> Sent:
    """The mails that leave when an act commits."""

    def of(act: Callable[[], object]) -> list[mail.EmailMessage]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            act()
        wait_until_sent()
        return list(mail.outbox)

    return of


def names(mails: list[mail.EmailMessage]) -> set[str]:
    return {message.to[0].split("@")[0] for message in mails}


def waiting(office: Office, gallery: Gallery, **grounds: object) -> Search:
    return searched(office, person_jpeg(1), gallery, run=False, **grounds)


def assert_says_nothing(mails: list[mail.EmailMessage], search: Search) -> None:
    for message in mails:
        text = f"{message.subject}\n{message.body}"
        for secret in (
            search.case.number,
            search.case.title,
            "harbour",
            "Harbour",
            "S-0",
            "lead",
            "refus",
            "authoriz",
            "lapsed",
            "examin",
            "differ",
            "urgent",
            "Alder",
        ):
            assert secret not in text, secret


def test_a_supervisor_is_told_of_what_waits(office: Office, gallery: Gallery, sent: Sent) -> None:
    mails = sent(lambda: waiting(office, gallery, **WARRANT))
    assert names(mails) == AUTHORIZERS
    assert "/work/" in str(mails[0].body)
    assert_says_nothing(mails, Search.objects.get())


def test_whoever_chose_one_mail_for_all_is_not_told_of_each(
    office: Office, gallery: Gallery, sent: Sent
) -> None:
    User.objects.filter(pk=office.people["deputy"].pk).update(digest=Digest.DAILY)
    assert names(sent(lambda: waiting(office, gallery, **WARRANT))) == AUTHORIZERS - {"deputy"}
    due = sent(lambda: remind_authorizers(Search.objects.get()))
    assert names(due) == AUTHORIZERS


def test_an_urgent_search_is_told_of_when_it_ran(
    office: Office, gallery: Gallery, sent: Sent
) -> None:
    assert sent(lambda: waiting(office, gallery, basis=Basis.URGENT)) == []
    search = Search.objects.get()
    mails = sent(lambda: run_search(search.pk))
    assert names(mails) == AUTHORIZERS | EXAMINERS
    assert_says_nothing(mails, search)


@pytest.mark.parametrize("decide", [authorize_search, refuse_search])
def test_the_requester_is_told_of_the_decision(
    office: Office, gallery: Gallery, sent: Sent, decide: Callable[..., object]
) -> None:
    search = waiting(office, gallery, **WARRANT)
    reason = "The warrant is what it says"
    act = {"actor": office.actor("supervisor"), "search": search, "reason": reason}
    mails = sent(lambda: decide(**act))
    assert names(mails) == {"analyst"}
    assert f"/searches/{search.pk}/" in str(mails[0].body)
    assert_says_nothing(mails, search)


def test_the_requester_is_told_that_it_lapsed(office: Office, gallery: Gallery, sent: Sent) -> None:
    search = waiting(office, gallery, **WARRANT)
    Search.objects.filter(pk=search.pk).update(due_at=timezone.now() - timedelta(hours=1))
    mails = sent(run_timers)
    assert names(mails) == {"analyst"}
    assert_says_nothing(mails, search)


def test_examiners_are_told_of_an_open_round(office: Office, gallery: Gallery, sent: Sent) -> None:
    search = waiting(office, gallery)
    with_mail = sent(lambda: run_search(search.pk))
    assert names(with_mail) == EXAMINERS
    assert_says_nothing(with_mail, search)
    search.refresh_from_db()
    second = sent(lambda: examine(office.actor("first"), search))
    assert names(second) == {"second", "third"}
    assert_says_nothing(second, search)


def test_whoever_cannot_examine_is_not_written_to(
    office: Office, gallery: Gallery, sent: Sent
) -> None:
    make_certificate(office.agency, office.people["first"], days_left=-1, activity="examine")  # type: ignore[arg-type]
    gone = Membership.objects.filter(user=office.people["second"])
    gone.update(deactivated_at=timezone.now())
    search = waiting(office, gallery)
    assert names(sent(lambda: run_search(search.pk))) == {"third"}


def test_the_second_examiners_mail_is_the_same_whatever_the_first_said(
    office: Office, gallery: Gallery, sent: Sent
) -> None:
    seen = set()
    for number, retained in enumerate((set(), {1}, {1, 2, 3}), start=1):
        search = searched_once_more(office, gallery, number)
        for message in sent(lambda: examine(office.actor("first"), search, retained)):  # noqa: B023
            seen.add((message.subject, message.body, message.from_email))
    assert len(seen) == 1


def searched_once_more(office: Office, gallery: Gallery, number: int) -> Search:
    probe = make_probe(make_case(office.agency, f"2026-{number:03d}"), person_jpeg(1))
    return make_search(probe, [gallery], limit=3, actor=office.actor("analyst"))


def test_a_disagreement_waits_for_those_who_may_settle_it(
    office: Office, gallery: Gallery, sent: Sent
) -> None:
    search = searched(office, person_jpeg(1), gallery)
    examine(office.actor("first"), search, {1})
    mails = sent(lambda: examine(office.actor("second"), search))
    assert names(mails) == AUTHORIZERS
    assert_says_nothing(mails, search)
    done = sent(lambda: examine(office.actor("supervisor"), search, {1}))
    assert names(done) == {"analyst"}
    assert_says_nothing(done, search)


def test_supervisors_are_told_of_locked_results_once(
    office: Office, gallery: Gallery, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searches.services.grounds.URGENT_HOURS", -1)
    search = searched(office, person_jpeg(1), gallery, basis=Basis.URGENT)
    mails = sent(run_timers)
    assert names(mails) == AUTHORIZERS
    assert_says_nothing(mails, search)
    assert sent(run_timers) == []


def test_the_day_before_it_is_due_is_told_once(
    office: Office, gallery: Gallery, sent: Sent
) -> None:
    search = waiting(office, gallery, **WARRANT)
    assert sent(run_timers) == []
    Search.objects.filter(pk=search.pk).update(due_at=timezone.now() + timedelta(hours=20))
    mails = sent(run_timers)
    assert names(mails) == AUTHORIZERS
    assert "is due within a day" in str(mails[0].body)
    assert_says_nothing(mails, search)
    assert sent(run_timers) == []
    assert AuditEntry.objects.filter(action="search.reminded").count() == 1


def test_an_examination_is_reminded_of_in_each_round(
    office: Office, gallery: Gallery, sent: Sent
) -> None:
    search = searched(office, person_jpeg(1), gallery)
    soon = timezone.now() + timedelta(hours=20)
    Search.objects.filter(pk=search.pk).update(due_at=soon)
    start_examination(actor=office.actor("first"), search=search)
    assert names(sent(run_timers)) == {"first"}  # who has it
    examine(office.actor("first"), search)
    Search.objects.filter(pk=search.pk).update(due_at=soon)
    assert names(sent(run_timers)) == {"second", "third"}
    assert sent(run_timers) == []


def test_mails_speak_the_readers_language(office: Office, gallery: Gallery, sent: Sent) -> None:
    person = office.people["supervisor"]
    person.language = "fr"
    person.save()
    mails = sent(lambda: waiting(office, gallery, **WARRANT))
    french = next(one for one in mails if one.to == [person.email])
    with translation.override("fr"):
        assert french.subject == gettext("Candor: a search waits for you")
