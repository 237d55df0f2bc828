"""Reserving, using and giving back: every act counts once, and no statement gets past it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.actor import command_actor
from accounts.faults import Fault
from accounts.licensing import Terms, usable_terms
from accounts.models import Agency, Kind, License, QuotaCounter, QuotaReservation, UsageEntry
from accounts.purposes import Purpose
from accounts.services import quota
from accounts.services.agency_lifecycle import change_agency
from accounts.services.licenses.acts import suspend
from accounts.usage import allowance
from portal.tenancy import platform_scope, scope
from tests.factories import make_license

pytestmark = pytest.mark.django_db

PURPOSE = Purpose.MISSING_PERSON


def terms_of(agency: Agency) -> Terms:
    with scope(agency.pk):
        return usable_terms(agency.pk, timezone.now())


def code_of(act: Callable[..., Any], *args: Any, **values: Any) -> str:
    with pytest.raises(Fault) as caught:
        act(*args, **values)
    return caught.value.code


def reserve(terms: Terms, key: str, **values: Any) -> quota.Reservation:
    usual: dict[str, Any] = {"kind": Kind.SEARCH, "quantity": 1, "purpose": PURPOSE}
    return quota.reserve(terms=terms, key=key, **usual | values)


def counts(kind: Kind = Kind.SEARCH) -> dict[str, tuple[int, int]]:
    """Reserved and used by period."""
    rows = QuotaCounter.objects.filter(kind=kind)
    return {row.period: (row.reserved, row.used) for row in rows}


@pytest.fixture
def limited(in_alder: Agency) -> Terms:
    """Three searches a month, four a term, two faces."""
    make_license(in_alder, searches_per_month=3, searches_per_term=4, faces=2)
    return terms_of(in_alder)


def month_of(terms: Terms) -> str:
    return f"{terms.local_day(timezone.now()):%Y-%m}"


def test_a_search_counts_for_its_month_and_for_the_term(limited: Terms) -> None:
    reserve(limited, "a")
    month = month_of(limited)
    assert counts() == {month: (1, 0), "term": (1, 0)}
    quota.commit(key="a")
    assert counts() == {month: (0, 1), "term": (0, 1)}
    entry = UsageEntry.objects.get()
    assert (entry.kind, entry.quantity, entry.period) == (Kind.SEARCH, 1, month)
    assert (entry.license_number, entry.license_version) == (limited.number, limited.version)
    assert (entry.purpose, entry.overage) == (PURPOSE, False)
    assert entry.key == QuotaReservation.objects.get().pk


def test_the_same_key_takes_nothing_more(limited: Terms) -> None:
    first, again = reserve(limited, "a"), reserve(limited, "a")
    assert (first.is_new, again.is_new) == (True, False)
    assert first.id == again.id
    quota.commit(key="a")
    quota.commit(key="a")
    assert reserve(limited, "a").is_new is False
    assert counts()["term"] == (0, 1)
    assert UsageEntry.objects.count() == 1


def test_what_is_given_back_can_be_taken_again(limited: Terms) -> None:
    for key in "abc":
        reserve(limited, key)
    assert code_of(reserve, limited, "d") == "quota_used_up"
    assert quota.release(key="a") is True
    assert quota.release(key="a") is True
    assert quota.expire(key="a") is False
    assert counts()["term"] == (2, 0)
    reserve(limited, "d")
    assert code_of(quota.commit, key="a") == "reservation_ended"
    assert code_of(quota.commit, key="unknown") == "reservation_ended"
    assert UsageEntry.objects.count() == 0


def test_a_refusal_leaves_no_trace(limited: Terms) -> None:
    for key in "abc":
        reserve(limited, key)
    before = (counts(), QuotaReservation.objects.count())
    assert code_of(reserve, limited, "d") == "quota_used_up"
    assert code_of(reserve, limited, "e", quantity=2) == "quota_used_up"
    assert (counts(), QuotaReservation.objects.count()) == before


def test_the_month_or_the_term_whichever_ends_first(limited: Terms) -> None:
    now = timezone.now()
    later = now + timedelta(days=40)
    for key in "abc":
        reserve(limited, key, at=now)
    assert code_of(reserve, limited, "d", at=now) == "quota_used_up"
    reserve(limited, "d", at=later)
    assert code_of(reserve, limited, "e", at=later) == "quota_used_up"  # the fifth of the term
    assert counts()["term"] == (4, 0)


def test_a_search_counts_for_the_month_it_was_reserved_in(in_alder: Agency) -> None:
    """Reserved on the 31st at 23:30 in Auckland, which is still morning in London."""
    with platform_scope():
        change_agency(
            actor=command_actor("test", None), agency=in_alder, time_zone="Pacific/Auckland"
        )
    terms = terms_of(in_alder)
    night = datetime(2026, 12, 31, 10, 30, tzinfo=UTC)
    reserve(terms, "old year", at=night)
    reserve(terms, "new year", at=night + timedelta(hours=1))
    quota.commit(key="old year")  # whenever it is finished
    assert counts() == {"2026-12": (0, 1), "2027-01": (1, 0), "term": (1, 1)}
    assert UsageEntry.objects.get().period == "2026-12"


def test_an_amendment_keeps_what_was_counted(in_alder: Agency) -> None:
    make_license(in_alder, searches_per_month=3)
    terms = terms_of(in_alder)
    for key in "abc":
        reserve(terms, key)
    more, fewer = replace_limit(terms, 4), replace_limit(terms, 1)
    reserve(more, "d")
    assert code_of(reserve, more, "e") == "quota_used_up"
    quota.commit(key="a")
    quota.release(key="b")
    assert code_of(reserve, fewer, "f") == "quota_used_up"
    assert counts()[month_of(terms)] == (2, 1)


def replace_limit(terms: Terms, searches_per_month: int) -> Terms:
    return replace(terms, version=terms.version + 1, searches_per_month=searches_per_month)


@pytest.fixture
def beyond(in_alder: Agency) -> Terms:
    """One search a month, and two beyond, approved by two people."""
    make_license(in_alder, searches_per_month=1)
    return replace(terms_of(in_alder), overage_allowed=True, overage_cap=2)


def test_searches_beyond_the_limit_are_marked_and_capped(beyond: Terms) -> None:
    for key in "abc":
        reserve(beyond, key)
        quota.commit(key=key)
    assert code_of(reserve, beyond, "d") == "quota_used_up"
    assert counts() == {month_of(beyond): (0, 1), "term": (0, 1), "overage": (0, 2)}
    assert list(UsageEntry.objects.values_list("overage", flat=True)) == [False, True, True]


def test_a_search_within_the_limit_comes_before_one_beyond(beyond: Terms) -> None:
    reserve(beyond, "a")
    reserve(beyond, "b")
    quota.release(key="a")
    reserve(beyond, "c")
    rows = QuotaReservation.objects.values_list("key", "overage")
    assert dict(rows) == {"a": False, "b": True, "c": False}


def test_a_purpose_that_is_not_licensed_is_refused(in_alder: Agency) -> None:
    make_license(in_alder, purposes=[Purpose.IDENTITY_FRAUD])
    assert code_of(reserve, terms_of(in_alder), "a") == "purpose_not_licensed"
    assert QuotaReservation.objects.count() == 0


def test_a_suspended_license_is_said_by_its_code(alder: Agency) -> None:
    with platform_scope():
        licenses = list(License.objects.filter(agency=alder))
    for license in licenses:
        suspend(actor=command_actor("test", None), license=license, reason="Unpaid since May")
    with scope(alder.pk):
        assert allowance(alder.pk).code == "license_suspended"
        assert code_of(usable_terms, alder.pk, timezone.now()) == "license_suspended"


def test_faces_are_a_standing_count_that_no_license_resets(limited: Terms) -> None:
    quota.take(terms=limited, kind=Kind.FACE, quantity=1, key="image:1")
    reserve(limited, "enrolment:2", kind=Kind.FACE, purpose="")
    assert code_of(quota.take, terms=limited, kind=Kind.FACE, quantity=1, key="image:3") == (
        "quota_used_up"
    )
    assert counts(Kind.FACE) == {"standing": (1, 1)}


# --- Raw SQL under the role of the application ----------------------------------------------------

FORBIDDEN = [
    "UPDATE accounts_quotacounter SET used = 0",
    "UPDATE accounts_quotacounter SET allowed = 1000000",
    "DELETE FROM accounts_quotacounter",
    "UPDATE accounts_quotareservation SET state = 'released'",
    "DELETE FROM accounts_quotareservation",
    "INSERT INTO accounts_usageentry (agency_id, kind, quantity, license_number, license_version,"
    " period, purpose, overage, key) SELECT agency_id, kind, 5, license_number, license_version,"
    " period, purpose, overage, gen_random_uuid() FROM accounts_usageentry",
    "UPDATE accounts_usageentry SET quantity = 0",
    "DELETE FROM accounts_usageentry",
    "TRUNCATE accounts_usageentry",
    "SELECT accounts_quota_hold(1, '', 'search', 'term', NULL, 1)",
    "SELECT accounts_quota_unhold((SELECT min(id) FROM accounts_quotacounter), -5, 0)",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_application_cannot_write_past_the_functions(limited: Terms, statement: str) -> None:
    reserve(limited, "a")
    quota.commit(key="a")
    before = (counts(), list(UsageEntry.objects.values_list()))
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
    assert (counts(), list(UsageEntry.objects.values_list())) == before


@pytest.mark.parametrize("quantity", [0, -1, None])
def test_the_functions_take_no_nonsense(limited: Terms, quantity: int | None) -> None:
    with pytest.raises(DatabaseError, match="nothing that can be reserved"), transaction.atomic():
        reserve(limited, "a", quantity=quantity)


def test_the_functions_work_in_the_scope_of_one_agency(limited: Terms, birch: Agency) -> None:
    """Another agency's key is unknown here, and nothing of ours moves there."""
    reserve(limited, "a")
    make_license(birch)
    with scope(birch.pk):
        assert code_of(quota.commit, key="a") == "reservation_ended"
        assert quota.release(key="a") is False
        reserve(terms_of(birch), "a")
        assert counts()["term"] == (1, 0)
    with platform_scope(), pytest.raises(DatabaseError), transaction.atomic():
        reserve(limited, "b")
    assert counts()["term"] == (1, 0)


# --- What the platform sees -----------------------------------------------------------------------

USE = "SELECT * FROM accounts_metered_use(%s)"
QUOTA = "SELECT * FROM accounts_metered_quota(%s)"
SEEN_OF_USE = [
    "license_number",
    "kind",
    "period",
    "overage",
    "quantity",
    "entries",
    "last_entry",
]


def answer(sql: str, agency: Agency) -> tuple[list[str], list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [agency.pk])
        assert cursor.description is not None
        return [column.name for column in cursor.description], cursor.fetchall()


def test_the_platform_sees_sums_and_no_row(limited: Terms, in_alder: Agency) -> None:
    for key in "ab":
        reserve(limited, key)
        quota.commit(key=key)
    month = month_of(limited)
    with platform_scope():
        for table in ("quotacounter", "quotareservation", "usageentry", "usagewarning"):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM accounts_{table}")
                assert cursor.fetchone() == (0,), table
        columns, rows = answer(USE, in_alder)
        assert columns == SEEN_OF_USE
        assert [row[:6] for row in rows] == [(limited.number, "search", month, False, 2, 2)]
        columns, rows = answer(QUOTA, in_alder)
        assert columns == ["license_number", "kind", "period", "allowed", "reserved", "used"]
        assert (limited.number, "search", "term", 4, 0, 2) in rows
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('candor.agency_id', true)")
            assert cursor.fetchone() == ("",)


@pytest.mark.parametrize("sql", [USE, QUOTA])
def test_agencies_do_not_get_the_platforms_sums(in_alder: Agency, birch: Agency, sql: str) -> None:
    with pytest.raises(DatabaseError, match="for the platform"), transaction.atomic():
        answer(sql, birch)
