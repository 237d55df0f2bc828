"""What the ledger says by day, month and purpose: one query each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import TruncDate

from accounts.models import Kind, UsageEntry
from portal.tenancy import scope


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
        UsageEntry.objects.filter(kind=Kind.SEARCH, **between(first, last, zone))
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


def between(first: date, last: date, zone: ZoneInfo) -> dict[str, datetime]:
    """The condition for entries of these days, both included."""
    start = datetime.combine(first, time.min, zone)
    return {"at__gte": start, "at__lt": datetime.combine(last + timedelta(days=1), time.min, zone)}


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
