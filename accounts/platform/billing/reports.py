"""Reports: ageing, statement of an agency, revenue by month; each also as CSV."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.billing_csv import amount_cell, csv_answer
from accounts.billing_reports import (
    ZERO,
    Aged,
    ageing,
    last_months,
    revenue,
    statement,
    sums_by_currency,
)
from accounts.models import Agency, Payment
from accounts.platform.base import actor_in
from accounts.platform.billing.forms import StatementForm
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.audit.recorder import record

AGEING_COLUMNS = ("agency", "currency", "not_due", "0-30", "31-60", "61-90", "90+", "total")


def _context(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    from accounts.platform.site import site

    return {**site.each_context(request), "title": title, **more}


@require_safe
def ageing_report(request: HttpRequest) -> HttpResponse:
    """What is owed, by how long it is overdue."""
    rows = ageing()
    if request.GET.get("format") == "csv":
        exported(request, "ageing", len(rows))
        return csv_answer("ageing", AGEING_COLUMNS, [_aged_cells(row) for row in rows])
    context = _context(request, _("Receivables by age"), rows=rows, sums=sums_by_currency(rows))
    return render(request, "accounts/platform/billing/ageing.html", context)


def _aged_cells(row: Aged) -> list[str]:
    amounts = [row.not_due, *row.overdue, row.total]
    return [row.agency.name, row.currency, *(amount_cell(a, row.currency) for a in amounts)]


@require_safe
def statement_report(request: HttpRequest, pk: int) -> HttpResponse:
    """What an agency was billed and paid between two days; this year unless asked otherwise."""
    agency = get_object_or_404(Agency, pk=pk)
    today = timezone.localdate()
    days = {"first": today.replace(month=1, day=1), "last": today}
    form = StatementForm(request.GET if "first" in request.GET else days)
    statements = []
    if form.is_valid():
        days = {name: form.cleaned_data[name] for name in ("first", "last")}
        statements = statement(agency, days["first"], days["last"])
        words = {"from": days["first"].isoformat(), "to": days["last"].isoformat()}
        record_for_both(actor_in(request), Action.STATEMENT_VIEWED, agency, words)
        if request.GET.get("format") == "csv":
            rows = [
                [str(entry.day), str(entry.what), each.currency]
                + [amount_cell(amount, each.currency) for amount in (entry.amount, entry.balance)]
                for each in statements
                for entry in each.entries
            ]
            columns = ("day", "document", "currency", "amount", "balance")
            exported(request, "statement", len(rows))
            return csv_answer(f"statement-{agency.slug}", columns, rows)
    title = _("Statement of account")
    context = _context(request, title, form=form, agency=agency, statements=statements, **days)
    context["payment_model"] = Payment._meta.model_name
    status = 422 if form.errors else 200
    return render(request, "accounts/platform/billing/statement.html", context, status=status)


@require_safe
def revenue_report(request: HttpRequest) -> HttpResponse:
    """Net of invoices less credit notes, by month of issue; the last 24 months."""
    first = last_months(24)[0]
    rows = revenue(first, _end_of_month(timezone.localdate()))
    if request.GET.get("format") == "csv":
        cells = [
            [f"{row['month']:%Y-%m}", row["currency"], amount_cell(row["sum"], row["currency"])]
            for row in rows
        ]
        exported(request, "revenue", len(cells))
        return csv_answer("revenue", ("month", "currency", "net"), cells)
    totals: dict[str, Any] = {}
    for row in rows:
        totals[row["currency"]] = totals.get(row["currency"], ZERO) + row["sum"]
    context = _context(request, _("Revenue by month"), rows=rows, totals=totals)
    return render(request, "accounts/platform/billing/revenue.html", context)


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def exported(request: HttpRequest, report: str, rows: int) -> None:
    facts = {"report": report, "rows": rows}
    record(actor_in(request), Action.BILLING_EXPORTED, None, facts)
