"""Lists of the platform as CSV (RFC 4180, UTF-8): amounts plain, days ISO 8601."""

import csv
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any

from django.http import HttpResponse

from accounts.billing.money import rounded
from accounts.models import Invoice

INVOICE_COLUMNS = (
    "number",
    "kind",
    "state",
    "agency",
    "license",
    "currency",
    "issued_on",
    "due_on",
    "net",
    "tax",
    "total",
    "paid",
    "credited",
    "balance",
)


def amount_cell(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else str(rounded(amount, currency))


def invoice_cells(row: Invoice) -> list[Any]:
    """One invoice of with_balance() as INVOICE_COLUMNS."""
    amounts = (row.net, row.tax, row.total, row.paid, row.credited, row.balance)
    license = row.license.number if row.license else ""
    return [
        *(row.number, row.kind, row.state_now, row.agency.name, license, row.currency),
        *(row.issued_on or "", row.due_on or ""),
        *(amount_cell(amount, row.currency) for amount in amounts),
    ]


def safe_cell(cell: Any) -> Any:
    """The cell so that no spreadsheet takes a text for a formula; numbers stay numbers."""
    risky = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{cell}" if risky and not re.fullmatch(r"-?[0-9.]+", cell) else cell


def csv_answer(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A CSV file to save."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([[safe_cell(cell) for cell in row] for row in rows])
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
