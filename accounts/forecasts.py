"""What will be used of a license if it goes on as in the last days: assumptions and arithmetic."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.db.models.functions import TruncDate

from accounts.licensing import Terms
from accounts.models import Kind, UsageEntry
from accounts.usage import Allowance
from accounts.usage_queries import between

# The forecast looks back this many days, or to the start of the license when that is later.
LOOK_BACK = 28


@dataclass(frozen=True, slots=True)
class Forecast:
    """Searches expected at the end of a span of days if they go on as in the last days."""

    looked_back: int
    recent: int
    used: int
    days_left: int

    @property
    def expected(self) -> int:
        """Used so far, and the days left at the daily average, rounded up."""
        return self.expected_after(self.days_left)

    def expected_after(self, days: int) -> int:
        """The same at the end of the day so many days from now, today counted as one."""
        return self.used - (-self.recent * days // self.looked_back)

    def days_until(self, allowed: int) -> int | None:
        """The first of the days left by whose end so much is expected; None when that lasts."""
        if self.used >= allowed:
            return 0
        if not self.recent:
            return None
        days = (allowed - self.used - 1) * self.looked_back // self.recent + 1
        return days if days <= self.days_left else None


def forecast(terms: Terms, used: int, at: datetime) -> Forecast:
    """From the last LOOK_BACK full days (fewer at the start of a license) under this license."""
    today = terms.local_day(at)
    first = max(terms.starts_on, today - timedelta(days=LOOK_BACK))
    looked_back = max(1, (today - first).days)
    span = between(first, today - timedelta(days=1), ZoneInfo(terms.time_zone))
    entries = UsageEntry.objects.filter(kind=Kind.SEARCH, license_number=terms.number, **span)
    recent = entries.aggregate(total=Sum("quantity"))["total"] or 0
    # Today counts among the days to come: it is not over.
    days_left = max(0, (terms.ends_on - today).days + 1)
    return Forecast(looked_back, recent, used, days_left)


def used_in_term(allowed: Allowance) -> int:
    """Searches used under the license, those beyond its limits too."""
    beyond = allowed.overage.used if allowed.overage else 0
    return (allowed.term.used if allowed.term else 0) + beyond


@dataclass(frozen=True, slots=True)
class Span:
    """The days of one limit, with the forecast for them; `by_day` is what was used on each."""

    first: date
    last: date
    today: date
    allowed: int | None
    forecast: Forecast
    by_day: dict[date, int]

    @property
    def used_up_on(self) -> date | None:
        """The day on which the limit was or would be reached; None without one, or if it lasts."""
        if self.allowed is None:
            return None
        total = 0
        for day, quantity in sorted(self.by_day.items()):
            total += quantity
            if total >= self.allowed:
                return day
        days = self.forecast.days_until(self.allowed)
        return None if days is None else self.today + timedelta(days=max(0, days - 1))


def spans(allowed: Allowance, term: Forecast, at: datetime) -> dict[str, Span]:
    """The term, and this month where the license limits months: one statement for both.

    What was reserved in an earlier month and used in this one counts for the earlier.
    """
    terms = allowed.terms
    if terms is None or allowed.term is None or allowed.month is None:
        return {}
    today = terms.local_day(at)
    in_term, in_month = _used_by_day(terms, allowed.month.period)
    found: dict[str, Span] = {}
    if term.days_left:  # in grace the term is over
        limit = allowed.term.allowed
        found["term"] = Span(terms.starts_on, terms.ends_on, today, limit, term, in_term)
    if allowed.month.allowed is not None:
        first = today.replace(day=1)
        last = today.replace(day=monthrange(today.year, today.month)[1])
        left = (last - today).days + 1
        month = replace(term, used=allowed.month.used, days_left=left)
        found["month"] = Span(first, last, today, allowed.month.allowed, month, in_month)
    return found


def _used_by_day(terms: Terms, period: str) -> tuple[dict[date, int], dict[date, int]]:
    """Searches by the day on which they gave their result: all, and those of this month."""
    entries = UsageEntry.objects.filter(kind=Kind.SEARCH, license_number=terms.number)
    rows = (
        entries.annotate(day=TruncDate("at", tzinfo=ZoneInfo(terms.time_zone)))
        .values("day")
        .annotate(
            total=Sum("quantity"), month=Sum("quantity", filter=Q(period=period, overage=False))
        )
        .order_by()
    )
    found = list(rows)
    in_term = {row["day"]: row["total"] for row in found}
    return in_term, {row["day"]: row["month"] for row in found if row["month"]}
