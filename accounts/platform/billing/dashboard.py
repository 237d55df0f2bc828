"""The first page of the platform: what needs doing, what is used, what was earned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from accounts.billing_reports import drafts, last_months, overdue, revenue
from accounts.license_queries import with_state
from accounts.licensing import LicenseState
from accounts.models import Agency, License

EXPIRES_WITHIN = 90
SHOWN = 10
IN_USE = (LicenseState.ACTIVE, LicenseState.GRACE)
WIDTH, HEIGHT, STEP, BAR = 480, 120, 40, 26


@dataclass(frozen=True, slots=True)
class Bar:
    """One month in the graph, in units of its view box."""

    x: int
    y: int
    height: int
    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Graph:
    """Revenue of twelve months in one currency; months below zero have no bar."""

    currency: str
    bars: list[Bar]
    total: Decimal


@dataclass(frozen=True, slots=True)
class Use:
    """How full one limit of an agency is."""

    agency: Agency
    license: str
    period: str
    allowed: int
    used: int

    @property
    def percent(self) -> int:
        return min(100, self.used * 100 // self.allowed) if self.allowed else 100


def dashboard() -> dict[str, Any]:
    """What the index page shows; works in the platform's scope."""
    now = timezone.now()
    every: QuerySet[Any] = with_state(License.objects.select_related("agency"), now)
    in_use = every.filter(state__in=IN_USE)
    soon = now.date() + timedelta(days=EXPIRES_WITHIN)
    late = overdue()
    return {
        "active_count": in_use.count(),
        "expiring": in_use.filter(ends_on__lte=soon).order_by("ends_on")[:SHOWN],
        "overdue_count": late.count(),
        "overdue": late[:SHOWN],
        "draft_count": drafts().count(),
        "fullest": fullest(in_use),
        "graphs": graphs(last_months(12)),
        "width": WIDTH,
        "height": HEIGHT,
        "bar_width": BAR,
    }


def fullest(in_use: Any) -> list[Use]:
    """The limits of searches with the least left: sums only, as metered for billing."""
    licenses = {row.number: row.agency for row in in_use}
    found = []
    for agency in {agency.pk: agency for agency in licenses.values()}.values():
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM accounts_metered_quota(%s)", [agency.pk])
            for number, kind, period, allowed, reserved, used in cursor.fetchall():
                if kind == "search" and allowed is not None and licenses.get(number) == agency:
                    found.append(Use(agency, number, period, allowed, reserved + used))
    this_month = f"{timezone.localdate():%Y-%m}"
    current = [use for use in found if not use.period[:1].isdigit() or use.period == this_month]
    return sorted(current, key=lambda use: -use.percent)[:SHOWN]


def graphs(months: Sequence[date]) -> list[Graph]:
    """Revenue by month, one graph for each currency."""
    last = (months[-1] + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    sums: dict[str, dict[date, Decimal]] = {}
    for row in revenue(months[0], last):
        sums.setdefault(row["currency"], {})[row["month"]] = row["sum"]
    return [_graph(currency, months, sums[currency]) for currency in sorted(sums)]


def _graph(currency: str, months: Sequence[date], sums: dict[date, Decimal]) -> Graph:
    amounts = [sums.get(month, Decimal(0)) for month in months]
    top = max(*amounts, Decimal(1))
    bars = []
    for number, (month, amount) in enumerate(zip(months, amounts, strict=True)):
        height = max(0, int(amount * HEIGHT / top))
        label = date_format(month, "M")
        bars.append(Bar(number * STEP + 7, HEIGHT - height, height, label, amount))
    return Graph(currency, bars, sum(amounts, Decimal(0)))
