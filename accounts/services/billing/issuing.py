"""Issuing drafts: the number, the day, what is due when, and everything frozen."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.billing.money import rounded, taxes, taxes_added
from accounts.certificates import today_in
from accounts.faults import Fault
from accounts.invoice_mails import mail_when_committed
from accounts.models import Agency, BillingAccount, DocumentKind, Invoice, InvoiceLine
from accounts.services.billing.accounts import locked_account
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.tenancy import platform_scope


@transaction.atomic
def issue_invoice(*, actor: Actor, invoice: Invoice) -> Invoice:
    """Give a draft its number and freeze it; it is mailed when that is committed.

    Raises Fault when it is no draft or comes to nothing.
    """
    actor.require_platform()
    with platform_scope():
        account = locked_account(invoice.agency_id)
        row = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
        if not row.is_draft:
            raise Fault("invoice_not_draft")
        _fill(row, account, list(row.lines.order_by("position")))
        row.issued_by_label = actor.label
        row.save()
        row.refresh_from_db()
        record_for_both(
            actor, _action(row), account.agency, {"number": row.number, "total": _total(row)}, row
        )
        mail_when_committed(row)
    return row


def bulk_issue(
    *, actor: Actor, invoices: Iterable[Invoice]
) -> tuple[list[Invoice], list[tuple[Invoice, Fault]]]:
    """Issue each draft by itself, in the order given: one that cannot be does not stop the rest."""
    issued, refused = [], []
    for invoice in invoices:
        try:
            issued.append(issue_invoice(actor=actor, invoice=invoice))
        except Fault as fault:
            refused.append((invoice, fault))
    return issued, refused


def _fill(row: Invoice, account: BillingAccount, lines: list[InvoiceLine]) -> None:
    own = [(line.net, line.tax_percent) for line in lines]
    if row.kind == DocumentKind.CREDIT_NOTE:
        tax = taxes_added(_credited_before(row), own, row.currency)
    else:
        tax = taxes(own, row.currency)
    row.net = sum((net for net, _percent in own), Decimal(0))
    row.tax = sum(tax.values(), Decimal(0))
    row.total = row.net + row.tax
    if row.total <= 0:
        raise Fault("nothing_to_bill")
    today = today_in(account.agency)
    row.issued_at, row.issued_on = timezone.now(), today
    is_note = row.kind == DocumentKind.CREDIT_NOTE
    row.due_on = today if is_note else today + timedelta(days=account.payment_terms_days)
    row.overdue_at = _day_after(row.due_on, account.agency)
    row.frozen = _frozen(account, lines, tax, row.currency)


def _credited_before(row: Invoice) -> list[tuple[Decimal, Decimal]]:
    """Nets and rates of the lines of credit notes that were issued for the same invoice."""
    notes = Invoice.objects.filter(credits_id=row.credits_id, issued_at__isnull=False)
    return list(InvoiceLine.objects.filter(invoice__in=notes).values_list("net", "tax_percent"))


def _day_after(day: Any, agency: Agency) -> datetime:
    """When the next day begins at the agency."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(agency.time_zone))


def _frozen(
    account: BillingAccount, lines: list[InvoiceLine], tax: dict[Decimal, Decimal], currency: str
) -> dict[str, Any]:
    """Names and sums as they are today, for the document to be made from at any later time."""
    names = {line.tax_percent: line.tax_name for line in lines}
    nets = {
        percent: sum((line.net for line in lines if line.tax_percent == percent), Decimal(0))
        for percent in tax
    }
    return {
        "seller": dict(settings.SELLER),
        "buyer": {
            "name": account.legal_name,
            "address": account.address,
            "tax_id": account.tax_id,
            "contact": account.contact_name,
            "email": account.contact_email,
            "reference": account.buyer_reference,
        },
        "taxes": [
            {
                "name": names[percent],
                "percent": str(percent),
                "net": str(rounded(nets[percent], currency)),
                "tax": str(amount),
            }
            for percent, amount in tax.items()
        ],
    }


def _action(row: Invoice) -> Action:
    is_note = row.kind == DocumentKind.CREDIT_NOTE
    return Action.CREDIT_NOTE_ISSUED if is_note else Action.INVOICE_ISSUED


def _total(row: Invoice) -> str:
    return f"{row.currency} {rounded(row.total or Decimal(0), row.currency)}"
