"""Days of a term, what each costs, and in which parts it is billed.

Both ends of a term belong to it. A day costs the amount divided by the days of the whole term,
whatever month or year it lies in; nothing is rounded before the amount of a line.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from accounts.billing.money import rounded

DAY = timedelta(days=1)


class Schedule(StrEnum):
    """When the parts of a term are billed, always in advance."""

    TERM = "term"
    YEARLY = "yearly"
    MONTHLY = "monthly"


_MONTHS = {Schedule.YEARLY: 12, Schedule.MONTHLY: 1}


@dataclass(frozen=True, slots=True)
class Days:
    """A span of days; `first` and `last` both belong to it."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} lies before {self.first}")

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def common(self, other: "Days") -> "Days | None":
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Days(first, last) if first <= last else None


@dataclass(frozen=True, slots=True)
class Sold:
    """What one version of a license sells: an amount for a term, in force from `effective_on`."""

    version: int
    amount: Decimal
    term: Days
    effective_on: date


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount (negative: a credit) for some days, under one version."""

    version: int
    days: Days
    amount: Decimal


def add_months(day: date, months: int) -> date:
    """The same day of a later month; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def periods(term: Days, schedule: Schedule) -> list[Days]:
    """The parts in which a term is billed; the last one may be shorter than the others."""
    if schedule == Schedule.TERM:
        return [term]
    step, parts, first, number = _MONTHS[schedule], [], term.first, 0
    while first <= term.last:
        number += 1
        after = add_months(term.first, step * number)
        parts.append(Days(first, min(after - DAY, term.last)))
        first = after
    return parts


def share(sold: Sold, part: Days) -> Fraction:
    """The exact cost of those days of `part` that lie in the term."""
    common = sold.term.common(part)
    if common is None:
        return Fraction(0)
    return Fraction(sold.amount) * common.count / sold.term.count


def instalment(sold: Sold, part: Days, currency: str) -> Decimal:
    """What a part costs, so rounded that parts which make up the term make up its amount."""
    before = Fraction(0)
    if part.first > sold.term.first:
        before = share(sold, Days(sold.term.first, part.first - DAY))
    through = before + share(sold, part)
    return rounded(through, currency) - rounded(before, currency)


def adjustment(old: Sold, new: Sold, billed_through: date, currency: str) -> Decimal:
    """What an amendment changes for days that were billed already; negative: a credit.

    The difference of both versions over the days from the new one's first to the last billed,
    rounded once. Zero when the new version begins after everything that was billed.
    """
    if new.effective_on > billed_through:
        return rounded(Fraction(0), currency)
    part = Days(new.effective_on, billed_through)
    return rounded(share(new, part) - share(old, part), currency)


def in_force(versions: Sequence[Sold], day: date) -> Sold:
    """The version of that day; the first one for days before any. `versions` by number."""
    begun = [sold for sold in versions if sold.effective_on <= day]
    return begun[-1] if begun else versions[0]


def charges(versions: Sequence[Sold], part: Days, currency: str) -> Iterator[Charge]:
    """The charges for days not billed before, one for each version in force on some of them."""
    first = part.first
    while first <= part.last:
        sold = in_force(versions, first)
        later = [v.effective_on for v in versions if v.effective_on > first]
        last = min([part.last, *(day - DAY for day in later)])
        common = sold.term.common(Days(first, last))
        if common is not None:
            yield Charge(sold.version, common, instalment(sold, common, currency))
        first = last + DAY


def parts_due(term: Days, schedule: Schedule, billed_through: date | None, on: date) -> list[Days]:
    """What to bill on a day: parts of the term that have begun, and the first one in advance."""
    due = []
    for number, part in enumerate(periods(term, schedule)):
        if part.first > on and number > 0:
            break
        first = part.first if billed_through is None else max(part.first, billed_through + DAY)
        if first <= part.last:
            due.append(Days(first, part.last))
    return due


def month_of(day: date) -> str:
    """The period of a day in the ledger, such as "2026-11"."""
    return f"{day:%Y-%m}"
