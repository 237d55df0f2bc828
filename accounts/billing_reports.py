"""What is owed, since when, and what was earned: sums over issued documents, by currency."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts.models import Agency, DocumentKind, Invoice, InvoiceState, Payment

ZERO = Decimal(0)
# Days overdue of each column; what is not due yet has one of its own.
BUCKETS = ((0, 30), (31, 60), (61, 90), (91, None))
OPEN = (InvoiceState.ISSUED, InvoiceState.PARTLY_PAID, InvoiceState.OVERDUE)


@dataclass(slots=True)
class Aged:
    """What one agency owes in one currency: not due yet, and by days overdue as in BUCKETS."""

    agency: Agency
    currency: str
    not_due: Decimal = ZERO
    overdue: list[Decimal] = field(default_factory=lambda: [ZERO] * len(BUCKETS))

    @property
    def total(self) -> Decimal:
        return self.not_due + sum(self.overdue, ZERO)


def ageing() -> list[Aged]:
    """Open invoices by agency and currency, agencies by name."""
    found: dict[tuple[int, str], Aged] = {}
    every: QuerySet[Any] = Invoice.objects.with_balance()
    rows = every.filter(state_now__in=OPEN).select_related("agency")
    for row in rows.order_by("agency__name", "currency", "pk"):
        aged = found.setdefault((row.agency_id, row.currency), Aged(row.agency, row.currency))
        if row.state_now == InvoiceState.OVERDUE:
            aged.overdue[_bucket(row.days_overdue)] += row.balance
        else:
            aged.not_due += row.balance
    return list(found.values())


def _bucket(days: int) -> int:
    return next(n for n, (_first, last) in enumerate(BUCKETS) if last is None or days <= last)


def sums_by_currency(aged: Sequence[Aged]) -> list[Aged]:
    """One row for each currency: its `agency` is of no meaning."""
    sums: dict[str, Aged] = {}
    for row in aged:
        total = sums.setdefault(row.currency, Aged(row.agency, row.currency))
        total.not_due += row.not_due
        total.overdue = [a + b for a, b in zip(total.overdue, row.overdue, strict=True)]
    return [sums[currency] for currency in sorted(sums)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a statement: `amount` is what it adds to what the agency owes."""

    day: date
    what: Invoice | Payment
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened in one currency between two days, both included."""

    currency: str
    opening: Decimal
    entries: list[Entry]

    @property
    def closing(self) -> Decimal:
        return self.entries[-1].balance if self.entries else self.opening


def statement(agency: Agency, first: date, last: date) -> list[Statement]:
    """Invoices, credit notes and payments of an agency, one statement for each currency.

    Documents count on their day, payments on the day they were received.
    """
    moves: dict[str, list[tuple[date, int, Any, Decimal]]] = defaultdict(list)
    documents = Invoice.objects.filter(agency=agency, issued_on__lte=last)
    for row in documents.order_by("issued_on", "pk"):
        sign = 1 if row.kind == DocumentKind.INVOICE else -1
        moves[row.currency].append((row.issued_on or last, row.pk, row, sign * (row.total or ZERO)))
    payments = Payment.objects.filter(agency=agency, received_on__lte=last)
    for payment in payments.select_related("invoice").order_by("received_on", "pk"):
        move = (payment.received_on, payment.pk, payment, -payment.amount)
        moves[payment.invoice.currency].append(move)
    return [_statement(currency, moves[currency], first) for currency in sorted(moves)]


def _statement(
    currency: str, moves: list[tuple[date, int, Any, Decimal]], first: date
) -> Statement:
    moves.sort(key=lambda move: (move[0], isinstance(move[2], Payment), move[1]))
    balance = opening = sum((amount for day, _pk, _what, amount in moves if day < first), ZERO)
    entries = []
    for day, _pk, what, amount in moves:
        if day >= first:
            balance += amount
            entries.append(Entry(day, what, amount, balance))
    return Statement(currency, opening, entries)


def signed_net() -> Case:
    """The net of a document: what a credit note gives back counts against."""
    return Case(When(kind=DocumentKind.INVOICE, then=F("net")), default=-F("net"))


def revenue(first: date, last: date) -> list[dict[str, Any]]:
    """Net of issued documents by month of issue and currency: month, currency, net, documents."""
    issued: QuerySet[Any] = Invoice.objects.filter(issued_on__range=(first, last))
    by_month = issued.annotate(month=TruncMonth("issued_on")).order_by().values("month", "currency")
    return list(by_month.annotate(sum=Sum(signed_net())).order_by("month", "currency"))


def overdue() -> QuerySet[Any]:
    """Overdue invoices, the oldest first."""
    every: QuerySet[Any] = Invoice.objects.with_balance()
    rows = every.filter(state_now=InvoiceState.OVERDUE)
    return rows.select_related("agency").order_by("overdue_at")


def drafts() -> QuerySet[Any]:
    return Invoice.objects.filter(Q(issued_at=None)).select_related("agency")


def last_months(count: int) -> list[date]:
    """The first days of the last months up to this one, the oldest first."""
    months = [timezone.localdate().replace(day=1)]
    while len(months) < count:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]
