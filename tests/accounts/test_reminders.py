"""What the clock tells of by itself: licenses that end, invoices that are overdue."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, AgencyState, Invoice, Role
from accounts.services.agencies import create_agency
from accounts.services.billing.auto_dunning import remind_overdue
from accounts.services.billing.dunning import remind_invoice
from accounts.services.licenses import ending
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.billing_cast import billing_actor, issued, make_account, reference_license
from tests.conftest import join
from tests.factories import make_license

pytestmark = pytest.mark.django_db
ENDS_ON = date(2031, 6, 30)


def before(days: int) -> datetime:
    """Noon, so many days before the last day of the license."""
    return datetime(2031, 6, 30, 12, tzinfo=UTC) - timedelta(days=days)


@pytest.fixture
def elm(db: None, settings: LazySettings) -> Agency:
    """An agency with one license, from July 2030 to June 2031, and an admin."""
    settings.PLATFORM_CONTACT = "duty@platform.example"
    actor = command_actor("test", None)
    elm = create_agency(actor=actor, name="Elm Police", slug="elm", state=AgencyState.ACTIVE)
    join(elm, "ella@elm.example", "Ella", Role.ADMIN)
    join(elm, "ana@elm.example", "Ana", Role.ANALYST)
    make_license(elm, starts_on=date(2030, 7, 1), ends_on=ENDS_ON, grace_days=14)
    return elm


# --- Licenses -------------------------------------------------------------------------------------


def test_an_ending_license_is_told_of_three_times(
    elm: Agency, mailoutbox: list[EmailMessage]
) -> None:
    told = [(days, ending.tell_all(before(days))) for days in (61, 60, 60, 59, 30, 8, 7, 0, -1)]
    assert [days for days, sent in told if sent] == [60, 30, 7]
    assert sorted(message.to[0] for message in mailoutbox) == [
        *3 * ["duty@platform.example"],
        *3 * ["ella@elm.example"],
    ]
    assert "ends on 30 Jun 2031" in mailoutbox[0].body
    assert "14 days of grace" in mailoutbox[0].body
    with platform_scope():
        entries = AuditEntry.objects.filter(agency_id=None, action="license.reminded")
        assert [entry.data["days"] for entry in entries.order_by("id")] == [60, 30, 7]
    with scope(elm.pk):
        assert AuditEntry.objects.filter(action="license.reminded").count() == 3


def test_after_a_rest_only_the_last_reminder_is_sent(
    elm: Agency, mailoutbox: list[EmailMessage]
) -> None:
    assert [ending.tell_all(before(days)) for days in (5, 4)] == [1, 0]
    assert len(mailoutbox) == 2


def test_a_license_that_another_follows_is_not_told_of(
    elm: Agency, mailoutbox: list[EmailMessage]
) -> None:
    make_license(elm, starts_on=ENDS_ON + timedelta(days=1))
    assert [ending.tell_all(before(days)) for days in (60, 7)] == [0, 0]
    assert mailoutbox == []


def test_a_trial_of_a_month_is_told_of_a_week_before(
    db: None, mailoutbox: list[EmailMessage]
) -> None:
    create_agency(
        actor=command_actor("test", None),
        name="Oak Police",
        slug="oak",
        contact_email="desk@oak.example",
    )
    now = timezone.now()
    sent = [ending.tell_all(now + timedelta(days=days)) for days in (0, 15, 21, 22, 24)]
    assert sum(sent) == 1
    assert sent[:2] == [0, 0]
    assert [message.to for message in mailoutbox] == [["desk@oak.example"]]


def test_a_mail_server_that_is_away_loses_no_reminder(
    elm: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("accounts.services.licenses.ending.send_license_reminder", away)
        assert ending.tell_all(before(60)) == 0
    assert ending.tell_all(before(60)) == 1


# --- Invoices -------------------------------------------------------------------------------------


@pytest.fixture
def due_ago(alder: Agency, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Invoice]:
    """An invoice that was due so many days ago, at midnight of a time zone without changes."""

    def make(days: int) -> Invoice:
        make_account(alder, payment_terms_days=0)
        day = datetime.now(UTC).date() - timedelta(days=days)
        monkeypatch.setattr("accounts.services.billing.issuing.today_in", lambda agency: day)
        return issued(reference_license(alder).license)

    return make


def reminders(invoice: Invoice) -> list[tuple[int, str]]:
    with platform_scope():
        return list(invoice.reminders.order_by("level").values_list("level", "sent_by_label"))


def test_without_the_switch_nobody_is_reminded(due_ago: Callable[[int], Invoice]) -> None:
    invoice = due_ago(40)
    assert (remind_overdue(), reminders(invoice)) == (0, [])


@pytest.mark.parametrize(("days", "sent"), [(0, 0), (1, 0), (6, 0), (7, 1), (60, 1)])
def test_the_first_reminder_goes_out_a_week_after_the_day_it_was_due(
    due_ago: Callable[[int], Invoice], settings: LazySettings, days: int, sent: int
) -> None:
    settings.AUTO_DUNNING = True
    invoice = due_ago(days)
    assert [remind_overdue(), remind_overdue()] == [sent, 0]
    assert reminders(invoice) == [(1, "system (dunning)")][:sent]


def test_each_level_goes_out_once_on_its_day(
    due_ago: Callable[[int], Invoice], settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUTO_DUNNING = True
    invoice, now = due_ago(7), timezone.now()
    sent = []
    for days in range(50):
        moment = now + timedelta(days=days, minutes=days)
        for module in ("accounts.models.invoice", "accounts.services.billing.auto_dunning"):
            monkeypatch.setattr(f"{module}.timezone.now", lambda at=moment: at)
        if remind_overdue():
            sent.append(7 + days)
    assert sent == [7, 21, 35]
    assert [level for level, _label in reminders(invoice)] == [1, 2, 3]
    with platform_scope():
        entry = AuditEntry.objects.filter(agency_id=None, action="invoice.reminded").first()
    assert entry is not None
    assert entry.actor_label == "system (dunning)"


def test_a_reminder_by_hand_puts_the_next_one_off(
    due_ago: Callable[[int], Invoice], settings: LazySettings
) -> None:
    settings.AUTO_DUNNING = True
    invoice = due_ago(30)
    remind_invoice(actor=billing_actor(), invoice=invoice)
    assert remind_overdue() == 0
