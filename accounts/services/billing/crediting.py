"""Giving back: part of a line, or a whole invoice, which is then void."""

from decimal import Decimal

from django.db import transaction

from accounts.actor import Actor
from accounts.billing.money import is_whole
from accounts.faults import Fault
from accounts.models import BillingAccount, DocumentKind, Invoice, InvoiceLine, LineKind
from accounts.services.billing.accounts import locked_account
from accounts.services.billing.drafting import left_of, new_document
from accounts.services.billing.issuing import issue_invoice
from portal.tenancy import platform_scope

MIN_REASON = 10


@transaction.atomic
def void_invoice(*, actor: Actor, invoice: Invoice, reason: str) -> Invoice:
    """Issue a credit note over all that is left of an invoice; what it billed can be billed anew.

    Payments stay and are to be paid back. Returns the credit note. Raises Fault.
    """
    actor.require_platform()
    with platform_scope():
        account, row = _issued(invoice)
        lines = [(line, left_of(line)) for line in row.lines.order_by("position")]
        return _credit(actor, account, row, [(li, left) for li, left in lines if left], reason)


@transaction.atomic
def credit_line(*, actor: Actor, line: InvoiceLine, net: Decimal, reason: str) -> Invoice:
    """Issue a credit note over `net` of one line, with its share of tax. Raises Fault."""
    actor.require_platform()
    with platform_scope():
        account, row = _issued(line.invoice)
        if net <= 0 or not is_whole(net, row.currency):
            raise Fault("amount_not_payable")
        if net > left_of(line):
            raise Fault("credit_exceeds_line")
        return _credit(actor, account, row, [(line, net)], reason)


def _issued(invoice: Invoice) -> tuple[BillingAccount, Invoice]:
    account = locked_account(invoice.agency_id)
    row = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
    if row.is_draft or row.kind != DocumentKind.INVOICE:
        raise Fault("invoice_not_issued")
    if row.credit_notes.filter(issued_at=None).exists():
        raise Fault("credit_note_open")
    return account, row


def _credit(
    actor: Actor,
    account: BillingAccount,
    invoice: Invoice,
    credited: list[tuple[InvoiceLine, Decimal]],
    reason: str,
) -> Invoice:
    reason = reason.strip()
    if len(reason) < MIN_REASON:
        raise Fault("reason_too_short")
    if not credited:
        raise Fault("credit_exceeds_line")
    note = new_document(actor, account, invoice.license, invoice.currency, invoice, reason)
    for position, (line, net) in enumerate(credited, start=1):
        InvoiceLine.objects.create(
            agency_id=account.agency_id,
            invoice=note,
            position=position,
            kind=LineKind.CREDIT,
            description=line.description,
            first_day=line.first_day,
            last_day=line.last_day,
            quantity=1,
            unit_price=net,
            net=net,
            tax_name=line.tax_name,
            tax_percent=line.tax_percent,
            license_version=line.license_version,
            credits_line=line,
        )
    return issue_invoice(actor=actor, invoice=note)
