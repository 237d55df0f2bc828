"""What people see of usage, what warns them, and the proof of the ledger."""

import csv
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from psycopg.conninfo import make_conninfo
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import command_actor
from accounts.forecasts import Forecast, Span, forecast, spans
from accounts.licensing import local_day, usable_terms
from accounts.models import Agency, Kind, QuotaReservation, Role, UsageEntry, UsageWarning, User
from accounts.purposes import Purpose
from accounts.services import quota
from accounts.services.agency_lifecycle import change_agency
from accounts.services.licenses.drafting import amend
from accounts.services.licenses.signing import sign_version
from accounts.services.proving import prove, prove_all
from accounts.services.warning import warn_agency
from accounts.templatetags.usage import after_month
from accounts.usage import Limit, allowance
from accounts.usage_chart import chart_of_days, chart_of_months, span_in_words
from accounts.usage_queries import Day, searches_by_day
from portal import embedded
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.races import committed_agency
from tests.conftest import join
from tests.factories import make_license

EACH_TEST_ALONE = True


def search(agency: Agency, *keys: str, purpose: Purpose = Purpose.MISSING_PERSON) -> None:
    """Searches that gave their result."""
    with scope(agency.pk):
        terms = usable_terms(agency.pk, timezone.now())
        for key in keys:
            values = {"kind": Kind.SEARCH, "quantity": 1, "key": key, "purpose": purpose}
            quota.reserve(terms=terms, **values)  # type: ignore[arg-type]
            quota.commit(key=key)


def keys(first: int, last: int) -> list[str]:
    return [f"k{number}" for number in range(first, last + 1)]


# --- Warnings -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_threshold_is_mailed_once_to_those_who_can_act(alder: Agency, ada: User) -> None:
    join(alder, "ana@alder.example", "Ana", Role.ANALYST)
    with platform_scope():
        contact = "contracts@alder.example"
        alder = change_agency(
            actor=command_actor("test", None), agency=alder, contact_email=contact
        )
    make_license(alder, searches_per_month=20)
    search(alder, *keys(1, 15))
    assert warn_agency(alder) == 0
    search(alder, "k16")
    assert [warn_agency(alder) for _ in range(3)] == [1, 0, 0]
    assert sorted(to for m in mail.outbox for to in m.to) == ["ada@alder.example", contact]
    assert "80 %" in mail.outbox[0].subject
    assert "4 of 20 searches are left this month." in mail.outbox[0].body
    assert settings.BASE_URL + reverse("usage") in mail.outbox[0].body
    search(alder, *keys(17, 19))
    assert [warn_agency(alder) for _ in range(2)] == [1, 0]
    assert len(mail.outbox) == 4
    with scope(alder.pk):
        noted = AuditEntry.objects.filter(action=Action.USAGE_WARNED)
        assert [entry.data["percent"] for entry in noted.order_by("id")] == [80, 95]


@pytest.mark.django_db
def test_a_jump_over_both_thresholds_is_one_mail(alder: Agency, ada: User) -> None:
    make_license(alder, searches_per_term=10)
    search(alder, *keys(1, 10))
    assert [warn_agency(alder) for _ in range(2)] == [1, 0]
    assert len(mail.outbox) == 1
    assert "Searches in the term: all 10 are used." in mail.outbox[0].body
    with scope(alder.pk):
        assert sorted(UsageWarning.objects.values_list("percent", flat=True)) == [80, 95]


@pytest.mark.django_db
def test_a_limit_that_is_raised_is_warned_of_anew(alder: Agency, ada: User) -> None:
    version = make_license(alder, searches_per_month=10)
    search(alder, *keys(1, 8))
    assert [warn_agency(alder) for _ in range(2)] == [1, 0]
    draft = amend(
        actor=command_actor("test", None),
        license=version.license,
        effective_on=local_day(timezone.now(), alder.time_zone),
        change_note="Twice as many searches",
        searches_per_month=20,
    )
    sign_version(actor=command_actor("test", None), version=draft)
    search(alder, *keys(9, 15))
    assert warn_agency(alder) == 0
    search(alder, "k16")
    assert [warn_agency(alder) for _ in range(2)] == [1, 0]
    assert "4 of 20 searches are left this month." in mail.outbox[-1].body
    search(alder, *keys(17, 19))
    assert [warn_agency(alder) for _ in range(2)] == [1, 0]
    with scope(alder.pk):
        told = UsageWarning.objects.order_by("id").values_list("percent", "allowed")
        assert list(told) == [(80, 10), (80, 20), (95, 20)]


@pytest.mark.django_db
def test_a_mail_server_that_is_away_loses_no_warning(
    alder: Agency, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_license(alder, searches_per_term=1)
    search(alder, "k1")
    with monkeypatch.context() as broken:
        broken.setattr("accounts.mails.send_mail", _away)
        assert warn_agency(alder) == 0
    assert warn_agency(alder) == 1


def _away(*args: object, **values: object) -> None:
    raise ConnectionRefusedError


# --- The page -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_shows_limits_days_and_forecast(client: Client, alder: Agency, ada: User) -> None:
    make_license(alder, searches_per_month=10, searches_per_term=50, faces=5, seats=4)
    search(alder, "a", "b")
    search(alder, "c", purpose=Purpose.IDENTITY_FRAUD)
    client.force_login(ada)
    page = client.get(reverse("usage")).content.decode()
    for text in ("What the license allows", "Searches in the term", "Enrolled faces", "Seats"):
        assert text in page
    # Two purposes, by day and by month: in the chart and in its key.
    assert page.count('<rect class="series-') == 8
    assert page.count("Missing person: 2") == 2
    assert page.count('role="img"') == 4
    for text in ("Forecast for the term", "Forecast for this month", "Allowed: 10", "Allowed: 50"):
        assert text in page
    other = client.get(reverse("usage"), {"month": "2020-02"}).content.decode()
    assert "No search was charged in this month." in other
    assert client.get(reverse("usage"), {"month": "2020-13"}).status_code == 200


@pytest.mark.django_db
def test_without_a_limit_the_page_says_so(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    assert "no limit" in client.get(reverse("usage")).content.decode()


@pytest.mark.django_db
def test_the_ledger_is_exported_whole_and_the_export_recorded(
    client: Client, alder: Agency, birch: Agency, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.usage_queries.PIECE", 2)
    search(alder, *keys(1, 5))
    search(birch, "theirs")
    client.force_login(ada)
    answer = client.get(reverse("usage_export"))
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(answer.getvalue().decode())))
    with scope(alder.pk):
        ids = [str(pk) for pk in UsageEntry.objects.order_by("id").values_list("id", flat=True)]
        exported = AuditEntry.objects.filter(action=Action.USAGE_EXPORTED)
        assert exported.count() == 1
    assert [row["id"] for row in rows] == ids
    assert {row["purpose"] for row in rows} == {"missing_person"}


@pytest.mark.django_db
def test_a_day_is_a_day_of_the_agency(in_alder: Agency) -> None:
    search(in_alder, "a")
    at = UsageEntry.objects.get().at
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
        day = at.astimezone(ZoneInfo(zone)).date()
        days = searches_by_day(day - timedelta(days=1), day + timedelta(days=1), zone)
        assert [one.total for one in days] == [0, 1, 0]


# --- Arithmetic -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("looked_back", "recent", "used", "days_left", "expected"),
    [
        (28, 0, 0, 300, 0),
        (28, 28, 100, 10, 110),
        (28, 1, 0, 1, 1),  # rounded up
        (3, 10, 10, 2, 17),
        (28, 5, 5, 0, 5),  # the term is over
    ],
)
def test_the_forecast_goes_on_as_in_the_last_days(
    looked_back: int, recent: int, used: int, days_left: int, expected: int
) -> None:
    assert Forecast(looked_back, recent, used, days_left).expected == expected


@pytest.mark.django_db
def test_the_forecast_looks_at_full_days_of_this_license(in_alder: Agency) -> None:
    search(in_alder, "before")
    today = timezone.localdate()
    make_license(in_alder, starts_on=today - timedelta(days=10), ends_on=today + timedelta(days=9))
    search(in_alder, "now")
    terms = usable_terms(in_alder.pk, timezone.now())
    found = forecast(terms, 1, timezone.now())
    assert (found.looked_back, found.recent, found.days_left) == (10, 0, 10)
    tomorrow = forecast(terms, 1, timezone.now() + timedelta(days=1))
    assert (tomorrow.looked_back, tomorrow.recent, tomorrow.days_left) == (11, 1, 9)


@pytest.mark.parametrize(
    ("used", "reserved", "allowed", "left", "percent", "warning"),
    [
        (0, 0, None, None, 0, None),
        (0, 0, 0, 0, 100, 95),
        (79, 0, 100, 21, 79, None),
        (79, 1, 100, 20, 80, 80),
        (94, 1, 100, 5, 95, 95),
        (120, 0, 100, 0, 120, 95),  # the limit was lowered
    ],
)
def test_what_is_left_and_when_to_warn(
    used: int,
    reserved: int,
    allowed: int | None,
    left: int | None,
    percent: int,
    warning: int | None,
) -> None:
    limit = Limit(Kind.SEARCH, "2026-11", allowed, used, reserved)
    assert (limit.left, limit.percent, limit.warning) == (left, percent, warning)


def test_a_month_begins_anew_after_its_last_day() -> None:
    assert after_month("2026-12") == date(2027, 1, 1)
    assert after_month("2028-02") == date(2028, 3, 1)


def test_the_chart_of_days_has_all_of_them_and_its_table_those_with_searches() -> None:
    days = [
        Day(date(2026, 11, 1), {"missing_person": 3, "identity_fraud": 1}),
        Day(date(2026, 11, 2), {}),
    ]
    drawn = chart_of_days(days)
    assert [bar.series for bar in drawn.bars] == [1, 5]
    assert [tick.text for tick in drawn.ticks] == ["1", "2"]
    assert [[row.title, *row.cells] for row in drawn.table.rows] == [["1 Nov 2026", "3", "1", "4"]]
    assert drawn.words.text == "4 in all; the most on one bar: 4 (1 Nov 2026)."


def test_the_chart_of_months_is_a_year_and_its_table_has_more() -> None:
    found = [("2026-11", {"missing_person": 2}), ("2024-05", {"identity_fraud": 7})]
    drawn = chart_of_months(found, date(2026, 11, 1), date(2026, 11, 29))
    assert len(drawn.bars) == 1
    assert [row.href for row in drawn.table.rows] == ["?month=2026-11", "?month=2024-05"]
    assert [row.is_current for row in drawn.table.rows] == [True, False]


@pytest.mark.parametrize(
    ("recent", "used", "allowed", "days"),
    [
        (28, 90, 100, 10),
        (29, 90, 100, 9),  # 99.3 by then, rounded up as the sum is
        (28, 100, 100, 0),
        (28, 90, 101, None),  # the eleventh day is not one of these
        (0, 90, 100, None),
    ],
)
def test_a_limit_is_used_up_on_the_day_on_which_nothing_is_left(
    recent: int, used: int, allowed: int, days: int | None
) -> None:
    found = Forecast(28, recent, used, 10)
    assert found.days_until(allowed) == days
    if days:
        assert found.expected_after(days - 1) < allowed <= found.expected_after(days)


def test_a_span_says_when_its_limit_is_reached() -> None:
    first, today = date(2026, 11, 1), date(2026, 11, 11)
    by_day = {date(2026, 11, 3): 8, date(2026, 11, 9): 4}

    def words(allowed: int | None, recent: int) -> str:
        ahead = Forecast(10, recent, 12, 20)
        return span_in_words(Span(first, date(2026, 11, 30), today, allowed, ahead, by_day))

    assert words(None, 10) == "Searches expected by the end of 30 Nov 2026: 32."
    assert words(32, 10).endswith("The limit of 32 is reached on 30 Nov 2026.")
    assert words(33, 10).endswith("The limit of 33 is not reached.")
    assert words(13, 10).endswith("is reached on 11 Nov 2026.")
    assert words(10, 0).endswith("is reached on 9 Nov 2026.")  # they were, on that day


@pytest.mark.django_db
def test_the_spans_are_counted_from_the_ledger_of_this_license(in_alder: Agency) -> None:
    search(in_alder, "before")
    today = timezone.localdate()
    first, last = today - timedelta(days=5), today + timedelta(days=40)
    limits = {"searches_per_month": 10, "searches_per_term": 50}
    make_license(in_alder, sign=True, starts_on=first, ends_on=last, **limits)
    search(in_alder, "a", "b")
    now = timezone.now()
    allowed = allowance(in_alder.pk, now)
    assert allowed.terms is not None
    found = spans(allowed, forecast(allowed.terms, 2, now), now)
    assert {name: span.allowed for name, span in found.items()} == {"term": 50, "month": 10}
    assert [sum(span.by_day.values()) for span in found.values()] == [2, 2]
    assert found["term"].forecast.days_left == 41
    assert found["month"].last.month == today.month
    late = now + timedelta(days=42)  # in grace, if there is any: the term is over
    assert "term" not in spans(allowed, forecast(allowed.terms, 2, late), late)


# --- The proof ------------------------------------------------------------------------------------


TAMPERING = {
    "UPDATE accounts_quotacounter SET used = used + 1 WHERE period = 'term'": {"used", "ledger"},
    "UPDATE accounts_quotacounter SET reserved = reserved + 1 WHERE period = 'term'": {"reserved"},
    "DELETE FROM accounts_usageentry WHERE true": {"entry", "ledger"},
    "UPDATE accounts_usageentry SET quantity = 2 WHERE true": {"entry", "ledger"},
    "UPDATE accounts_quotareservation SET state = 'released' WHERE true": {"entry", "used"},
}


@pytest.mark.parametrize("statement", TAMPERING)
def test_the_proof_finds_what_got_past_the_functions(
    statement: str,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    settings: "pytest.FixtureRequest",
) -> None:
    settings.PLATFORM_CONTACT = "platform@candor.example"  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        search(agency, "a", "b")
        assert prove(agency) == []
        _as_superuser(f"{statement} AND agency_id = {agency.pk}")
        found = {difference.where for difference in prove(agency)}
        assert found == TAMPERING[statement]
        assert list(prove_all()) == [agency.slug]
        assert list(prove_all()) == [agency.slug]
        alarms = [m for m in mail.outbox if m.to == ["platform@candor.example"]]
        assert [agency.slug in alarm.body for alarm in alarms] == [True]  # once a day
        with scope(agency.pk):
            noted = AuditEntry.objects.filter(action=Action.USAGE_UNPROVEN, agency_id=agency.pk)
            assert noted.count() == 1
        out = StringIO()
        with pytest.raises(CommandError, match="does not add up"):
            call_command("quota", "check", stdout=out)
        assert out.getvalue().startswith(f"{agency.slug}: ")


def _as_superuser(statement: str) -> None:
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    name = str(settings.DATABASES["default"]["NAME"])
    with psycopg.connect(make_conninfo(urls.superuser_url, dbname=name)) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(statement.encode())


@pytest.mark.django_db
def test_a_ledger_that_adds_up_alarms_nobody(alder: Agency) -> None:
    search(alder, "a")
    assert prove_all() == {}
    out = StringIO()
    call_command("quota", "check", stdout=out)
    assert "adds up" in out.getvalue()
    assert mail.outbox == []
    with scope(alder.pk):
        assert QuotaReservation.objects.count() == 1
