"""Invoices as PDF: made on demand from the frozen row, the same bytes each time.

PDF/UA-1 (tagged, for readers who do not see it) and PDF/A-2a (to be kept). The fonts are those
that come inside the typst package.
"""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from accounts.billing.money import minor_units
from accounts.models import DocumentKind, Invoice, InvoiceLine

TEMPLATE = Path(__file__).parent / "templates/accounts/typst/invoice.typ"
LONGEST_WORD = 30
STANDARDS = ["ua-1", "a-2a"]


def invoice_pdf(invoice: Invoice) -> bytes:
    """The issued document in the language it was issued in. Raises ValueError for a draft."""
    made: bytes = typst.compile(TEMPLATE.read_bytes(), **_compile_options(invoice))
    return made


def _compile_options(invoice: Invoice) -> dict[str, Any]:
    if invoice.issued_at is None:
        raise ValueError("a draft has no PDF")
    with translation.override(invoice.language):
        data = _data(invoice)
    return {
        "format": "pdf",
        "pdf_standards": STANDARDS,
        "font_paths": typst.Fonts(include_system_fonts=False),
        "sys_inputs": {"data": json.dumps(data)},
        "timestamp": int(invoice.issued_at.timestamp()),
    }


def file_name(invoice: Invoice) -> str:
    return f"{invoice.number}.pdf"


def _data(invoice: Invoice) -> dict[str, Any]:
    frozen, day = invoice.frozen or {}, invoice.issued_on or date.min
    seller, buyer = frozen["seller"], frozen["buyer"]
    is_note = invoice.kind == DocumentKind.CREDIT_NOTE
    title = _("Credit note %(number)s") if is_note else _("Invoice %(number)s")
    heading = title % {"number": invoice.number}
    total = _("Total credited") if is_note else _("Total to pay")
    return {
        "title": heading,
        "heading": heading,
        "number": invoice.number,
        "language": invoice.language,
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "currency": invoice.currency,
        "seller": {
            "name": seller["name"],
            "address": [*seller["address"].splitlines(), _tax_id(seller["tax_id"])],
            "footer": " · ".join(filter(None, [seller["name"], seller["tax_id"]])),
        },
        "buyer": {
            "name": breakable(buyer["name"]),
            "address": [
                breakable(buyer["contact"]),
                *breakable(buyer["address"]).splitlines(),
                _tax_id(buyer["tax_id"]),
            ],
        },
        "facts": _facts(invoice, buyer, is_note),
        "reason": breakable(invoice.reason),
        "lines": [_line(invoice, line) for line in invoice.lines.order_by("position")],
        "sums": _sums(invoice, frozen["taxes"]),
        "total": {"name": total, "amount": amount_text(invoice.total, invoice.currency)},
        "payment": [] if is_note else _payment(invoice, seller),
        "words": _words(),
    }


def _words() -> dict[str, str]:
    return {
        "from": _("Issued by"),
        "to": _("Billed to"),
        "page": _("Page"),
        "reason": _("Reason"),
        "position": _("No."),
        "description": _("Description"),
        "quantity": _("Quantity"),
        "unit_price": _("Unit price"),
        "tax": _("Tax"),
        "amount": _("Amount"),
        "sums": _("Sums"),
        "payment": _("Payment"),
    }


def _tax_id(number: str) -> str:
    return _("Tax number: %(number)s") % {"number": number} if number else ""


def _facts(invoice: Invoice, buyer: dict[str, str], is_note: bool) -> list[dict[str, str]]:
    facts = {_("Date"): day_text(invoice.issued_on)}
    if is_note and invoice.credits is not None:
        facts[_("Credits invoice")] = invoice.credits.number
    else:
        facts[_("Due")] = day_text(invoice.due_on)
    if invoice.license is not None:
        facts[_("License")] = invoice.license.number
        last = invoice.lines.order_by("-position").select_related("license_version").first()
        order = last.license_version.purchase_order if last else ""
        contract = last.license_version.contract_number if last else ""
        facts |= {_("Purchase order"): order, _("Contract"): contract}
    facts[_("Your reference")] = buyer["reference"]
    # Translators: a name and the colon after it.
    return [
        {"name": _("%(name)s:") % {"name": name}, "value": breakable(value)}
        for name, value in facts.items()
        if value
    ]


def breakable(text: str) -> str:
    """Words too long for a column get places to break at, which are not seen."""
    return re.sub(rf"\S{{{LONGEST_WORD}}}(?=\S)", lambda found: f"{found[0]}\u200b", text)


def _line(invoice: Invoice, line: InvoiceLine) -> dict[str, str]:
    digits = max(minor_units(invoice.currency), -_exponent(line.unit_price))
    return {
        "position": str(line.position),
        "description": line.description,
        "quantity": number_format(line.quantity.normalize().to_integral_value())
        if line.quantity == line.quantity.to_integral_value()
        else number_format(line.quantity.normalize()),
        "unit_price": number_format(line.unit_price, digits, force_grouping=True),
        "tax": _percent(line.tax_percent),
        "net": amount_text(line.net, invoice.currency),
    }


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _percent(percent: Decimal) -> str:
    value = number_format(percent.normalize() + 0)
    # Translators: a percentage, as in "20 %".
    return _("%(value)s%%") % {"value": value}


def _sums(invoice: Invoice, taxes: list[dict[str, str]]) -> list[dict[str, str]]:
    rows = [{"name": _("Net"), "amount": amount_text(invoice.net, invoice.currency)}]
    for tax in taxes:
        name = _("%(name)s (%(percent)s of %(net)s)") % {
            "name": tax["name"],
            "percent": _percent(Decimal(tax["percent"])),
            "net": amount_text(Decimal(tax["net"]), invoice.currency),
        }
        rows.append({"name": name, "amount": amount_text(Decimal(tax["tax"]), invoice.currency)})
    return rows


def _payment(invoice: Invoice, seller: dict[str, str]) -> list[str]:
    due = _("Please pay %(total)s %(currency)s by %(day)s, with the reference %(number)s.") % {
        "total": amount_text(invoice.total, invoice.currency),
        "currency": invoice.currency,
        "day": day_text(invoice.due_on),
        "number": invoice.number,
    }
    return [due, *seller["bank"].splitlines()]


def day_text(day: date | None) -> str:
    """A day in the active language; nothing for none."""
    return date_format(day, "DATE_FORMAT") if day else ""


def amount_text(amount: Decimal | None, currency: str) -> str:
    """An amount in the active language with the digits of its currency, without its code."""
    return number_format(amount or Decimal(0), minor_units(currency), force_grouping=True)
