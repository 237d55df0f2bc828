"""What the ledger says by day, month and purpose: one query each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import TruncDate

from accounts.licensing import Terms
from accounts.models import Kind, UsageEntry
from accounts.purposes import Purpose
from portal.tenancy import scope

# The forecast looks back this many days, or to the start of the license when that is later.
LOOK_BACK = 28


@dataclass(frozen=True, slots=True)
class Day:
    """Searches used on one day of the agency, by purpose."""

    day: date
    by_purpose: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_purpose.values())


def searches_by_day(first: date, last: date, time_zone: str) -> list[Day]:
    """Every day from `first` to `last` in the agency's time zone, also those without a search."""
    zone = ZoneInfo(time_zone)
    rows = (
        UsageEntry.objects.filter(kind=Kind.SEARCH, **_between(first, last, zone))
        .annotate(day=TruncDate("at", tzinfo=zone))
        .values("day", "purpose")
        .annotate(quantity=Sum("quantity"))
        .order_by()
    )
    found: dict[date, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["day"], {})[row["purpose"]] = row["quantity"]
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [Day(day, found.get(day, {})) for day in days]


def searches_by_month() -> list[tuple[str, dict[str, int]]]:
    """Months in which searches were reserved, the newest first, with quantities by purpose."""
    rows = (
        UsageEntry.objects.filter(kind=Kind.SEARCH)
        .values("period", "purpose")
        .annotate(quantity=Sum("quantity"))
        .order_by("-period", "purpose")
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["period"], {})[row["purpose"]] = row["quantity"]
    return list(found.items())


@dataclass(frozen=True, slots=True)
class Forecast:
    """Searches expected at the end of the term if they go on as in the last days."""

    looked_back: int
    recent: int
    used: int
    days_left: int

    @property
    def expected(self) -> int:
        """Used so far, and the days left at the daily average, rounded up."""
        return self.used - (-self.recent * self.days_left // self.looked_back)


def forecast(terms: Terms, used: int, at: datetime) -> Forecast:
    """From the last LOOK_BACK full days (fewer at the start of a license) under this license."""
    today = terms.local_day(at)
    first = max(terms.starts_on, today - timedelta(days=LOOK_BACK))
    looked_back = max(1, (today - first).days)
    span = _between(first, today - timedelta(days=1), ZoneInfo(terms.time_zone))
    entries = UsageEntry.objects.filter(kind=Kind.SEARCH, license_number=terms.number, **span)
    recent = entries.aggregate(total=Sum("quantity"))["total"] or 0
    # Today counts among the days to come: it is not over.
    days_left = max(0, (terms.ends_on - today).days + 1)
    return Forecast(looked_back, recent, used, days_left)


def _between(first: date, last: date, zone: ZoneInfo) -> dict[str, datetime]:
    start = datetime.combine(first, time.min, zone)
    return {"at__gte": start, "at__lt": datetime.combine(last + timedelta(days=1), time.min, zone)}


def purposes_among(days: list[Day]) -> list[Purpose]:
    """The purposes that occur, in the order of the closed list."""
    found = {purpose for day in days for purpose in day.by_purpose}
    return [purpose for purpose in Purpose if purpose.value in found]


EXPORTED = (
    "id",
    "at",
    "kind",
    "quantity",
    "license_number",
    "license_version",
    "period",
    "purpose",
    "overage",
    "key",
)


PIECE = 2000


def export_rows(agency_id: int) -> Iterator[list[str]]:
    """The whole ledger of an agency, oldest first, under a heading; read in pieces.

    Opens the scope for each piece, since a page's scope ends before its answer is sent.
    """
    yield list(EXPORTED)
    last = 0
    while True:
        with scope(agency_id):
            later = UsageEntry.objects.filter(id__gt=last).order_by("id")
            rows = list(later.values_list(*EXPORTED)[:PIECE])
        for row in rows:
            yield [str(v.isoformat() if isinstance(v, datetime) else v) for v in row]
        if len(rows) < PIECE:
            return
        last = rows[-1][0]
