"""Counting is a pure function of the record; the names it knows are those of the models."""

import json
from datetime import date
from typing import Any

import pytest

from accounts.models import Activity, Role
from accounts.purposes import Purpose, SourceKind
from galleries.models import ErasureCause
from oversight.transparency import rules
from oversight.transparency.counting import count
from oversight.transparency.entries import IncompleteExport, exported
from oversight.transparency.periods import Period, named
from searches.models import AuthorizationNeeded, Basis, Decision, FollowUpOutcome, Outcome

MARCH = named("2026-03")
NOON = "2026-03-10T12:00:00.000000Z"


def entry(
    number: int,
    action: str,
    subject: str = "s1",
    at: str = "2026-03-10T12:00:00.000000Z",
    **data: Any,
) -> dict[str, Any]:
    return {
        "id": number,
        "at": at,
        "action": action,
        "subject": {"type": "x", "id": subject},
        "data": data,
    }


def submitted(number: int, subject: str, at: str, basis: str, needed: str) -> dict[str, Any]:
    facts = {"purpose": "missing_person", "basis": basis, "authorization": needed}
    return entry(number, "search.submitted", subject, at, **facts)


def cell(tables: list[dict[str, Any]], key: str, row: str, column: str = "count") -> int:
    one = next(table for table in tables if table["key"] == key)
    found: int = one["cells"][one["rows"].index(row)][one["columns"].index(column)]
    return found


def test_the_names_are_those_of_the_models() -> None:
    assert list(rules.PURPOSES) == Purpose.values
    assert list(rules.SOURCE_KINDS) == SourceKind.values
    assert list(rules.OUTCOMES) == Outcome.values
    assert list(rules.FOLLOW_UPS) == FollowUpOutcome.values
    assert list(rules.ROLES) == Role.values
    assert list(rules.ACTIVITIES) == Activity.values
    assert {basis for basis, _ in rules.GROUNDS} == set(Basis.values)
    assert {needed for _, needed in rules.GROUNDS} == set(AuthorizationNeeded.values)
    assert set(rules.DECISIONS) == {*Decision.values, "lapsed"}
    assert rules.EXPIRED in ErasureCause.values


@pytest.mark.parametrize(
    ("name", "first", "last", "kind"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "year"),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31), "quarter"),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31), "quarter"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "month"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "month"),
    ],
)
def test_calendar_periods_have_names(name: str, first: date, last: date, kind: str) -> None:
    period = named(name)
    assert (period.first, period.last, period.kind, period.name) == (first, last, kind, name)


@pytest.mark.parametrize("name", ["", "2026-13", "2026-Q5", "26", "2026-1", "2026-01-01", "x2026"])
def test_other_texts_name_no_period(name: str) -> None:
    with pytest.raises(ValueError, match=name or None):
        named(name)


def test_days_that_are_no_calendar_period_are_others() -> None:
    period = Period(date(2026, 1, 1), date(2026, 2, 28))
    assert (period.kind, period.name) == ("other", "2026-01-01/2026-02-28")


def test_the_day_is_the_agencys() -> None:
    late = "2026-03-31T22:30:00.000000Z"  # 00:30 on 1 April in Paris
    entries = [submitted(1, "s1", late, "initial_identification", "none")]
    assert cell(count(entries, MARCH, "UTC"), "searches", "missing_person", "initial") == 1
    assert cell(count(entries, MARCH, "Europe/Paris"), "searches", "missing_person", "initial") == 0
    april = count(entries, named("2026-04"), "Europe/Paris")
    assert cell(april, "searches", "missing_person", "initial") == 1


def test_an_act_counts_when_it_was_done_whatever_it_belongs_to() -> None:
    entries = [
        submitted(1, "s1", "2026-02-27T12:00:00.000000Z", "urgent", "after"),
        entry(2, "search.authorized", "s1", "2026-03-01T11:00:00.000000Z", decision="approved"),
        submitted(3, "s2", "2026-03-02T12:00:00.000000Z", "urgent", "after"),
        entry(4, "search.authorized", "s2", "2026-03-04T12:00:01.000000Z", decision="refused"),
        entry(5, "search.erased", "s2", "2026-03-04T12:00:01.000000Z", cause="refused"),
        submitted(6, "s3", "2026-03-02T12:00:00.000000Z", "authorized", "before"),
        entry(7, "search.expired", "s3", "2026-03-09T12:00:01.000000Z"),
        entry(8, "search.concluded", "s1", outcome="lead"),
        entry(9, "follow_up.reported", "s1", outcome="unknown"),
        entry(10, "follow_up.reported", "s1", outcome="confirmed"),
    ]
    tables = count(entries, MARCH, "UTC")
    assert cell(tables, "searches", "missing_person", "urgent") == 1
    assert cell(tables, "searches", "missing_person", "authorized") == 1
    assert cell(tables, "decisions", "urgent_in_time", "approved") == 1
    assert cell(tables, "decisions", "urgent_late", "refused") == 1
    assert cell(tables, "decisions", "authorized", "lapsed") == 1
    assert cell(tables, "erasures", "refused") == 1
    assert cell(tables, "conclusions", "missing_person", "lead") == 1
    assert cell(tables, "follow_ups", "confirmed") == 1
    assert cell(tables, "follow_ups", "unknown") == 0


def test_people_and_galleries_are_those_at_the_end() -> None:
    january = "2026-01-10T12:00:00.000000Z"
    april = "2026-04-10T12:00:00.000000Z"
    kind = {"source_kind": "arrest_photographs"}
    entries = [
        entry(1, "member.added", "1", january, roles=["analyst"]),
        entry(2, "invitation.accepted", "77", january, membership=2, roles=["examiner", "auditor"]),
        entry(3, "member.roles_changed", "1", before=["analyst"], after=["admin"]),
        entry(4, "member.deactivated", "2", april, roles=["examiner"]),
        entry(5, "certificate.added", "5", person=9, activity="search", valid_until="2026-03-31"),
        entry(6, "certificate.added", "6", person=9, activity="search", valid_until="2027-03-31"),
        entry(7, "certificate.added", "7", person=8, activity="examine", valid_until="2026-03-30"),
        entry(8, "gallery.created", "g", january, **kind, retention_days=60),
        entry(9, "image.enrolled", "i", january, gallery="g"),
        entry(10, "image.enrolled", "j", gallery="g"),
        entry(11, "image.enrolled", "k", april, gallery="g"),
        *(entry(n, "image.enrolled", f"x{n}", january, gallery="g") for n in (12, 13, 14, 15)),
        *(
            entry(n + 10, "image.erased", f"x{n}", at, gallery="g", cause=cause, erasure="e")
            for n, cause, at in (
                (12, "expired", NOON),
                (13, "demand", NOON),
                (14, "hygiene", NOON),
                (15, "expired", april),
            )
        ),
    ]
    tables = count(entries, MARCH, "UTC")
    roles = {role: cell(tables, "people", role) for role in rules.ROLES}
    assert roles == {"analyst": 0, "examiner": 1, "supervisor": 0, "auditor": 1, "admin": 1}
    assert cell(tables, "training", "search") == 1
    assert cell(tables, "training", "examine") == 0
    assert cell(tables, "galleries", "arrest_photographs", "images") == 3
    assert cell(tables, "galleries", "arrest_photographs", "galleries") == 1
    assert cell(tables, "retention", "enrolled") == 1
    assert cell(tables, "retention", "expired") == 1
    assert cell(tables, "retention", "deleted") == 2


def test_nothing_recorded_is_a_report_of_zeros() -> None:
    tables = count([], MARCH, "UTC")
    assert {n for table in tables for row in table["cells"] for n in row} == {0}
    assert all(table["columns"] for table in tables)


def test_names_of_later_versions_are_counted_by_name() -> None:
    entries = [
        entry(1, "alert.opened", rule="repeated_face"),
        entry(2, "alert.opened", rule="repeated_face"),
        entry(3, "alert.closed", disposition="misuse"),
        entry(4, "record.reviewed"),
        entry(5, "record.tampered"),
    ]
    tables = count(entries, MARCH, "UTC")
    assert cell(tables, "alerts", "repeated_face") == 2
    assert cell(tables, "alerts_closed", "misuse") == 1
    assert cell(tables, "reviews", "record.reviewed") == 1
    assert cell(tables, "security", "record.tampered") == 1


def test_exported_lines_are_read_with_and_without_their_links() -> None:
    first, second, third = (entry(n, "case.closed") for n in (1, 2, 3))
    unlinked = {"number": None, "entry": entry(9, "case.closed")}
    linked = [{"number": n, "entry": one, "head": "0"} for n, one in ((2, second), (3, third))]
    lines = [json.dumps(line) for line in (first, *linked, unlinked)]
    assert list(exported([*lines, ""])) == [first, second, third]
    assert list(exported(lines, upto=2)) == [first, second]


@pytest.mark.parametrize("line", [{"number": 1, "head": "0"}, {"number": 1, "entry": None}])
def test_a_part_of_the_record_is_not_counted(line: dict[str, Any]) -> None:
    with pytest.raises(IncompleteExport, match="line 1"):
        list(exported([json.dumps(line)]))


def test_neither_order_nor_other_entries_make_a_difference() -> None:
    entries = [
        entry(1, "follow_up.reported", "s1", outcome="unknown"),
        entry(2, "follow_up.reported", "s1", outcome="refuted"),
        entry(3, "case.viewed"),
        entry(4, "case.closed", at="2026-05-10T12:00:00.000000Z"),
    ]
    assert count(entries, MARCH, "UTC") == count(entries[1::-1], MARCH, "UTC")
