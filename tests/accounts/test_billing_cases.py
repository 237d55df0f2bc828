"""Exact amounts, worked out by hand: the right-hand side of each row is how."""

from datetime import UTC, date, datetime
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.billing.money import line_net, minor_units, rounded, taxes
from accounts.billing.terms import (
    Days,
    Schedule,
    Sold,
    add_months,
    adjustment,
    charges,
    instalment,
    month_of,
    parts_due,
    periods,
)
from accounts.licensing import local_day


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(text: str) -> Days:
    first, last = text.split("/")
    return Days(day(first), day(last))


def sold(amount: str, term: str, effective: str = "", version: int = 1) -> Sold:
    span = days(term)
    return Sold(version, D(amount), span, day(effective) if effective else span.first)


# --- Rounding -----------------------------------------------------------------------------------

ROUNDED = [
    ("1.005", "USD", "1.01"),  # a half goes up
    ("1.0049", "USD", "1.00"),
    ("-1.005", "USD", "-1.01"),  # and a credit as far as the charge it undoes
    ("2.5", "JPY", "3"),  # no cents
    ("2.4999", "KRW", "2"),
    ("0.0005", "KWD", "0.001"),  # thousandths
    ("12.34564", "BHD", "12.346"),
    ("0.00005", "CLF", "0.0001"),
]
LINES = [
    ("3", "0.335", "USD", "1.01"),  # 1.005
    ("1234", "1.50", "USD", "1851.00"),
    ("7", "33.3", "JPY", "233"),  # 233.1
    ("11", "0.0305", "KWD", "0.336"),  # 0.3355
    ("1", "-0.125", "EUR", "-0.13"),
]
TAXES = [
    # Three lines of 0.03 at 20 %: 0.018 on the sum; 0.006 each would make 0.03.
    ([("0.03", "20"), ("0.03", "20"), ("0.03", "20")], "EUR", {"20": "0.02"}),
    ([("224000.00", "0")], "USD", {"0": "0.00"}),
    ([("100.00", "20"), ("50.00", "5.5"), ("0.10", "20")], "EUR", {"5.5": "2.75", "20": "20.02"}),
    ([("1005", "10")], "JPY", {"10": "101"}),  # 100.5
    ([("10.010", "5")], "KWD", {"5": "0.501"}),  # 0.5005
    ([("100.00", "20"), ("-100.00", "20")], "EUR", {"20": "0.00"}),
]


@pytest.mark.parametrize(("value", "currency", "expected"), ROUNDED)
def test_amounts_are_rounded_half_up(value: str, currency: str, expected: str) -> None:
    assert str(rounded(D(value), currency)) == expected


@pytest.mark.parametrize(("quantity", "price", "currency", "expected"), LINES)
def test_a_line_is_rounded_once(quantity: str, price: str, currency: str, expected: str) -> None:
    assert str(line_net(D(quantity), D(price), currency)) == expected


@pytest.mark.parametrize(("lines", "currency", "expected"), TAXES)
def test_tax_is_rounded_on_the_sum_of_its_rate(
    lines: list[tuple[str, str]], currency: str, expected: dict[str, str]
) -> None:
    found = taxes([(D(net), D(rate)) for net, rate in lines], currency)
    assert {str(rate): str(tax) for rate, tax in found.items()} == expected


def test_a_currency_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        minor_units("XXX")


# --- Terms --------------------------------------------------------------------------------------

REFERENCE = "2020-09-05/2021-09-04"  # 365 days: 29 February 2020 lies before it
INSTALMENTS = [
    # The reference license in one: 224,000 US dollars.
    ("224000.00", REFERENCE, Schedule.TERM, "USD", ["224000.00"]),
    ("2300000.00", "2021-01-01/2023-12-31", Schedule.YEARLY, "USD",  # 3 x 365 of 1095 days
     ["766666.67", "766666.66", "766666.67"]),
    ("2300000.00", "2023-01-01/2025-12-31", Schedule.YEARLY, "USD",  # 365, 366, 365 of 1096
     ["765967.15", "768065.70", "765967.15"]),
    ("30000.00", "2024-01-01/2024-12-31", Schedule.TERM, "USD", ["30000.00"]),
    ("366.00", "2024-01-01/2024-12-31", Schedule.MONTHLY, "EUR",  # one a day in a leap year
     ["31.00", "29.00", "31.00", "30.00", "31.00", "30.00",
      "31.00", "31.00", "30.00", "31.00", "30.00", "31.00"]),
    # From the 31st: periods begin on the last day of shorter months. 31 Jan-27 Feb is 28 days.
    ("90.00", "2023-01-31/2023-04-30", Schedule.MONTHLY, "EUR",  # 28, 31, 30 and 1 of 90 days
     ["28.00", "31.00", "30.00", "1.00"]),
    ("100", "2023-01-10/2023-03-09", Schedule.MONTHLY, "JPY",  # 31 and 28 of 59 days: 52.54
     ["53", "47"]),
    ("10.000", "2023-04-01/2023-06-30", Schedule.MONTHLY, "KWD",  # 30, 31, 30 of 91: 3.2967, 6.7033
     ["3.297", "3.406", "3.297"]),
    ("1000.00", "2024-02-29/2026-02-28", Schedule.YEARLY, "EUR",  # 365, 365 and 1 of 731 days
     ["499.32", "499.31", "1.37"]),
]  # fmt: skip
ADJUSTMENTS = [
    # 60,000 more on the reference from 1 March: 188 of 365 days left: 30904.109...
    ("224000", "284000", REFERENCE, REFERENCE, "2021-03-01", "2021-09-04", "USD", "30904.11"),
    ("224000", "164000", REFERENCE, REFERENCE, "2021-03-01", "2021-09-04", "USD", "-30904.11"),
    ("224000", "284000", REFERENCE, REFERENCE, "2020-09-05", "2021-09-04", "USD", "60000.00"),
    ("224000", "284000", REFERENCE, REFERENCE, "2021-09-04", "2021-09-04", "USD", "164.38"),
    ("224000", "284000", REFERENCE, REFERENCE, "2021-03-01", "2021-02-28", "USD", "0.00"),
    # Billed by month through 14 March: 14 days of 365, the rest is in later parts.
    ("36500", "73000", "2021-01-01/2021-12-31", "2021-01-01/2021-12-31", "2021-03-01",
     "2021-03-14", "EUR", "1400.00"),
    # In the leap year from 29 February: 307 of 366 days of 3660.
    ("0", "3660", "2024-01-01/2024-12-31", "2024-01-01/2024-12-31", "2024-02-29", "2024-12-31",
     "EUR", "3070.00"),
    ("1000", "2000", "2023-04-01/2023-06-30", "2023-04-01/2023-06-30", "2023-05-16", "2023-06-30",
     "JPY", "505"),  # 46 of 91 days: 505.49
    # Ended two months early at the same price a day: 61 days of November and December come back.
    ("36500", "30400", "2021-01-01/2021-12-31", "2021-01-01/2021-10-31", "2021-03-01",
     "2021-12-31", "EUR", "-6100.00"),
    # Ten days longer at the same price a day: what was billed stays.
    ("36500", "37500", "2021-01-01/2021-12-31", "2021-01-01/2022-01-10", "2021-06-01",
     "2021-12-31", "EUR", "0.00"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "term", "schedule", "currency", "expected"), INSTALMENTS)
def test_instalments(
    amount: str, term: str, schedule: Schedule, currency: str, expected: list[str]
) -> None:
    license_ = sold(amount, term)
    found = [instalment(license_, part, currency) for part in periods(license_.term, schedule)]
    assert [str(amount) for amount in found] == expected
    assert sum(found) == D(amount)


@pytest.mark.parametrize(
    ("before", "after", "old_term", "new_term", "effective", "billed", "currency", "expected"),
    ADJUSTMENTS,
)
def test_amendments(
    before: str,
    after: str,
    old_term: str,
    new_term: str,
    effective: str,
    billed: str,
    currency: str,
    expected: str,
) -> None:
    old, new = sold(before, old_term), sold(after, new_term, effective, 2)
    assert str(adjustment(old, new, day(billed), currency)) == expected


def test_an_amended_license_is_billed_by_version() -> None:
    """Through 30 April nothing was billed: 59 days at 10 a day, 61 at 20, in one part."""
    versions = [
        sold("3650", "2021-01-01/2021-12-31"),
        sold("7300", "2021-01-01/2021-12-31", "2021-03-01", 2),
    ]
    found = list(charges(versions, days("2021-01-01/2021-04-30"), "EUR"))
    assert [(c.version, c.days, str(c.amount)) for c in found] == [
        (1, days("2021-01-01/2021-02-28"), "590.00"),
        (2, days("2021-03-01/2021-04-30"), "1220.00"),
    ]


DUE = [
    # The first part is due before it begins, later ones on their first day.
    (Schedule.TERM, None, "2020-08-12", [REFERENCE]),
    (Schedule.TERM, "2021-09-04", "2020-10-01", []),
    (Schedule.MONTHLY, None, "2020-08-12", ["2020-09-05/2020-10-04"]),
    (Schedule.MONTHLY, "2020-10-04", "2020-10-04", []),
    (Schedule.MONTHLY, "2020-10-04", "2020-10-05", ["2020-10-05/2020-11-04"]),
    (Schedule.MONTHLY, "2020-10-04", "2020-12-31",
     ["2020-10-05/2020-11-04", "2020-11-05/2020-12-04", "2020-12-05/2021-01-04"]),
    (Schedule.YEARLY, "2020-12-04", "2020-12-05", ["2020-12-05/2021-09-04"]),  # was monthly
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "billed", "on", "expected"), DUE)
def test_parts_due(schedule: Schedule, billed: str | None, on: str, expected: list[str]) -> None:
    through = day(billed) if billed else None
    assert parts_due(days(REFERENCE), schedule, through, day(on)) == [days(t) for t in expected]


# --- Days ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-01-31", 2, "2023-03-31"),
        ("2023-08-31", 13, "2024-09-30"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2023-12-05", 1, "2024-01-05"),
    ],
)
def test_months_later(start: str, months: int, expected: str) -> None:
    assert add_months(day(start), months) == day(expected)


@pytest.mark.parametrize(
    ("instant", "zone", "expected", "month"),
    [
        ((2026, 12, 31, 23, 30), "UTC", "2026-12-31", "2026-12"),
        ((2026, 12, 31, 23, 30), "Europe/Paris", "2027-01-01", "2027-01"),
        ((2027, 1, 1, 4, 59), "America/New_York", "2026-12-31", "2026-12"),
        ((2026, 6, 30, 22, 0), "Europe/Paris", "2026-07-01", "2026-07"),  # summer time
        ((2026, 3, 31, 10, 0), "Pacific/Kiritimati", "2026-04-01", "2026-04"),  # UTC+14
    ],
)
def test_an_instant_belongs_to_the_agencys_day(
    instant: tuple[int, int, int, int, int], zone: str, expected: str, month: str
) -> None:
    year, month_number, number, hour, minute = instant
    at = datetime(year, month_number, number, hour, minute, tzinfo=UTC)
    assert local_day(at, zone) == day(expected)
    assert month_of(local_day(at, zone)) == month


def test_a_term_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="lies before"):
        days("2021-01-02/2021-01-01")


# --- Whatever the amount and the days -----------------------------------------------------------

AMOUNTS = st.integers(0, 10**9).map(lambda cents: D(cents) / 100)
STARTS = st.dates(date(2019, 1, 1), date(2030, 1, 1))


@given(AMOUNTS, STARTS, st.integers(1, 1500), st.sampled_from(Schedule))
def test_instalments_make_up_the_amount(
    amount: D, start: date, length: int, schedule: Schedule
) -> None:
    term = Days(start, date.fromordinal(start.toordinal() + length - 1))
    parts = periods(term, schedule)
    assert sum(part.count for part in parts) == term.count
    license_ = Sold(1, amount, term, start)
    assert sum(instalment(license_, part, "USD") for part in parts) == amount


@given(AMOUNTS, AMOUNTS, STARTS, st.integers(2, 800), st.data())
def test_billed_at_once_or_amended_later_it_costs_the_same(
    before: D, after: D, start: date, length: int, data: st.DataObject
) -> None:
    """Old amount and adjustment, against charges made when the amendment was known already."""
    term = Days(start, date.fromordinal(start.toordinal() + length - 1))
    offset = data.draw(st.integers(1, length - 1))
    effective = date.fromordinal(start.toordinal() + offset)
    old, new = Sold(1, before, term, start), Sold(2, after, term, effective)
    amended = before + adjustment(old, new, term.last, "USD")
    known = sum(charge.amount for charge in charges([old, new], term, "USD"))
    assert abs(amended - known) <= D("0.01")  # one rounding against two


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_rounding_is_never_off_by_more_than_half_a_cent(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert abs(Fraction(rounded(exact, "EUR")) - exact) <= Fraction(1, 200)
