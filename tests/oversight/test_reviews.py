"""The weekly review: what can be signed, by whom, once, over which head; and who is reminded."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Role, User
from oversight.models import Finding, RecordReview, ReviewReminder
from oversight.record_cards import overdue_words, waiting_weeks
from oversight.services.review_reminding import remind_agency, remind_all
from oversight.services.reviewing import sign_week
from oversight.week_summary import summary_of
from oversight.weeks import finished_weeks, monday_of, running_week
from portal.audit.actions import Action
from portal.audit.contents import read_content
from portal.audit.models import AuditEntry, Checkpoint
from portal.tenancy import scope
from tests.conftest import join
from tests.oversight.cast import age, auditor, change, client_of, entry_at

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

SIGNED = {"looked": "on", "finding": "nothing", "note": ""}


@pytest.fixture
def old(alder: Agency) -> Agency:
    """Alder, with three weeks that are over."""
    age(alder, 3)
    return alder


@pytest.fixture
def uma(old: Agency) -> User:
    return auditor(old)


@pytest.fixture
def client(uma: User) -> Client:
    return client_of(uma)


def address(week: date) -> str:
    return reverse("review", args=[week.isoformat()])


def reviews(agency: Agency) -> list[RecordReview]:
    with scope(agency.pk):
        return list(RecordReview.objects.all())


def test_weeks_run_from_the_beginning_to_the_last_that_is_over(old: Agency, client: Client) -> None:
    weeks = finished_weeks(old)
    assert len(weeks) == 3
    assert weeks[0] == running_week(old) - timedelta(days=7)
    assert all(week.weekday() == 0 for week in weeks)
    page = client.get(reverse("reviews")).content.decode()
    assert all(address(week) in page for week in [*weeks, running_week(old)])
    assert page.count("Overdue") == 2


def test_signing_binds_a_head_that_covers_what_was_seen(
    old: Agency, uma: User, client: Client
) -> None:
    week = finished_weeks(old)[0]
    last = entry_at(old, datetime.combine(week, time(10), UTC), uma)
    note = "Ana searched at night; her supervisor knew"
    sent = {**SIGNED, "finding": "acted", "note": note}
    assert client.post(address(week), sent).status_code == 302
    (row,) = reviews(old)
    with scope(old.pk):
        head = Checkpoint.objects.get(agency_id=old.pk, number=row.checkpoint_number)
        assert head.head == row.checkpoint_head
        link = AuditEntry.objects.get(pk=last).link
        assert link.number <= head.entries
        assert (row.signed_by_id, row.note) == (uma.pk, note)
        assert row.counts["actions"] == {"case.viewed": 1}
        assert row.counts["own"] == 1
        entry = AuditEntry.objects.get(action=Action.RECORD_REVIEWED)
        assert entry.data["head"] == head.head
        assert note not in str(entry.data)
        assert read_content(entry) == {"note": note}
    assert note not in str(bytes(row.note_sealed))
    assert note in client.get(address(week)).content.decode()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"looked": ""}, "Sign only what you have looked through."),
        ({"finding": ""}, "This field is required."),
        ({"finding": "whatever"}, "Select a valid choice"),
        ({"finding": "acted", "note": "  "}, "review_without_note"),
        ({"note": "x" * 4001}, "4000"),
    ],
)
def test_half_a_signature_is_none(
    old: Agency, client: Client, changed: dict[str, str], code: str
) -> None:
    response = client.post(address(finished_weeks(old)[0]), {**SIGNED, **changed})
    assert response.status_code == 422
    assert code in response.content.decode()
    assert reviews(old) == []


def test_a_signed_week_is_signed_once(old: Agency, client: Client) -> None:
    week = finished_weeks(old)[0]
    client.post(address(week), SIGNED)
    again = client_of(auditor(old, "ulf")).post(address(week), SIGNED)
    assert again.status_code == 422
    assert "review_signed" in again.content.decode()
    assert len(reviews(old)) == 1


def test_a_week_that_runs_is_shown_and_not_signed(old: Agency, client: Client) -> None:
    week = running_week(old)
    page = client.get(address(week))
    assert page.status_code == 200
    assert "can be signed from Monday on" in page.content.decode()
    assert client.post(address(week), SIGNED).status_code == 422
    assert reviews(old) == []


@pytest.mark.parametrize("name", ["x", "2026-11-24", "2026-W48-1", "1999-01-04", "2199-01-07"])
def test_what_is_no_week_of_the_agency_is_not_there(old: Agency, client: Client, name: str) -> None:
    for response in (
        client.get(reverse("review", args=[name])),
        client.post(reverse("review", args=[name]), SIGNED),
    ):
        assert response.status_code == 404
    assert reviews(old) == []


@pytest.mark.parametrize("role", [Role.ANALYST, Role.EXAMINER, Role.SUPERVISOR, Role.ADMIN])
def test_others_neither_see_nor_sign(old: Agency, role: Role) -> None:
    client = client_of(join(old, "other@alder.example", "Other", role))
    week = finished_weeks(old)[0]
    assert client.get(reverse("reviews")).status_code == 403
    assert client.get(address(week)).status_code == 403
    assert client.post(address(week), SIGNED).status_code == 403
    assert reviews(old) == []


def insert(agency: Agency, week: date, number: int, head: str) -> None:
    with scope(agency.pk), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO oversight_recordreview (id, agency_id, week, signed_by_label, signed_at,"
            " finding, note_sealed, counts, checkpoint_number, checkpoint_head)"
            " VALUES (gen_random_uuid(), %s, %s, 'x', now(), 'nothing', '', '{}', %s, %s)",
            [agency.pk, week, number, head],
        )


def test_the_database_keeps_the_rules_by_itself(old: Agency, birch: Agency, client: Client) -> None:
    first, second, third = finished_weeks(old)
    client.post(address(first), SIGNED)
    (row,) = reviews(old)
    bound = (row.checkpoint_number, row.checkpoint_head)
    with pytest.raises(IntegrityError, match="review_not_over"):
        insert(old, running_week(old), *bound)
    with pytest.raises(IntegrityError, match="review_not_over"):
        insert(old, first + timedelta(weeks=5), *bound)
    with pytest.raises(IntegrityError, match="review_week_begins_on_monday"):
        insert(old, second + timedelta(days=1), *bound)
    with pytest.raises(IntegrityError, match="review_without_head"):
        insert(old, second, row.checkpoint_number, "0" * 64)
    with pytest.raises(IntegrityError, match="review_without_head"):
        insert(birch, second, *bound)  # a head of another chain
    with pytest.raises(IntegrityError, match="review_once_a_week"):
        insert(old, first, *bound)
    insert(old, third, *bound)
    for sql in (
        "UPDATE oversight_recordreview SET signed_by_label = 'y'",
        "DELETE FROM oversight_recordreview",
    ):
        with pytest.raises(DatabaseError, match="append-only"), scope(old.pk):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
    assert len(reviews(old)) == 2


def test_the_week_in_numbers(old: Agency, uma: User, as_actor: Any) -> None:
    change(old, time_zone="America/New_York")
    week = finished_weeks(old)[1]
    ana = join(old, "ana@alder.example", "Ana", Role.ANALYST)
    # Tuesday 12:00, 23:00 there; Saturday 12:00 there; and the minutes around the week.
    noon = datetime.combine(week + timedelta(days=1), time(17), UTC)
    for at in (noon, noon + timedelta(hours=11), noon + timedelta(days=4)):
        entry_at(old, at, ana, "candidates.viewed")
    entry_at(old, noon, uma, "case.viewed")
    entry_at(old, datetime.combine(week, time(1), UTC), ana, "login")  # Sunday over there
    with scope(old.pk):
        found = summary_of(as_actor(uma, old), old, week)
    assert found.total == found.by_people == 4
    assert found.off_hours == 2
    assert [(one.label, one.count) for one in found.people] == [(ana.email, 3), (uma.email, 1)]
    assert found.watched[0].count == 3
    assert [one.action for one in found.own.actions] == ["case.viewed"]
    assert {one.action for part in found.groups for one in part.actions} == {
        "case.viewed",
        "candidates.viewed",
    }


def test_numbers_lead_to_their_entries(old: Agency, uma: User, client: Client) -> None:
    week = finished_weeks(old)[1]
    pk = entry_at(old, datetime.combine(week, time(12), UTC), uma, "candidates.viewed")
    page = client.get(address(week)).content.decode()
    link = f"{reverse('record')}?action=candidates.viewed&amp;first={week}"
    assert link in page
    last = week + timedelta(days=6)
    listed = client.get(f"{reverse('record')}?action=candidates.viewed&first={week}&last={last}")
    assert [row.entry.pk for row in listed.context["rows"]] == [pk]


def test_own_acts_are_for_the_other_auditor(old: Agency, uma: User, client: Client) -> None:
    week = finished_weeks(old)[0]
    entry_at(old, datetime.combine(week, time(12), UTC), uma)
    assert "only auditor" in client.get(address(week)).content.decode()
    auditor(old, "ulf")
    page = client.get(address(week)).content.decode()
    assert "for the other auditor" in page
    assert "only auditor" not in page


def test_the_first_page_says_what_waits(old: Agency, uma: User, as_actor: Any) -> None:
    with scope(old.pk):
        actor = as_actor(uma, old)
        assert waiting_weeks(actor) == 3
        assert "2" in overdue_words(actor)
        for week in finished_weeks(old):
            sign_week(actor=actor, week=week, finding=Finding.NOTHING, note="")
        assert (waiting_weeks(actor), overdue_words(actor)) == (0, "")
    assert "overdue" not in client_of(uma).get(reverse("oversight")).content.decode()


def at_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr("oversight.weeks.today_in", lambda agency: day)
    monkeypatch.setattr("oversight.services.review_reminding.today_in", lambda agency: day)


def sent_to() -> list[str]:
    found = sorted(address for one in mail.outbox for address in one.to)
    mail.outbox.clear()
    return found


def test_mails_go_on_tuesday_and_when_it_is_overdue_and_once(
    alder: Agency, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    uma = auditor(alder)
    week = monday_of(timezone.now().date())
    mail.outbox.clear()
    at_day(monkeypatch, week + timedelta(days=7))
    assert (remind_agency(alder), sent_to()) == (0, [])
    at_day(monkeypatch, week + timedelta(days=8))
    assert remind_all() == 1
    (message,) = mail.outbox
    assert "case" not in str(message.body)
    assert reverse("reviews") in str(message.body)
    assert sent_to() == [uma.email]
    assert (remind_agency(alder), sent_to()) == (0, [])
    at_day(monkeypatch, week + timedelta(days=14))
    assert remind_agency(alder) == 1
    assert sent_to() == [ada.email, uma.email]
    assert remind_agency(alder) == 0
    at_day(monkeypatch, week + timedelta(days=60))
    remind_agency(alder)
    with scope(alder.pk):
        rows = ReviewReminder.objects.filter(week=week).values_list("kind", flat=True)
        assert sorted(rows) == ["due", "overdue"]
        assert AuditEntry.objects.filter(action=Action.RECORD_REVIEW_REMINDED).count() >= 2


def test_nobody_is_reminded_of_a_signed_week(old: Agency, uma: User, as_actor: Any) -> None:
    with scope(old.pk):
        for week in finished_weeks(old):
            sign_week(actor=as_actor(uma, old), week=week, finding=Finding.NOTHING, note="")
    assert (remind_agency(old), sent_to()) == (0, [])
