"""Payments that came in; a mistake is undone by a counter entry."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts.actor import Actor
from accounts.billing.money import is_whole, rounded
from accounts.certificates import today_in
from accounts.faults import Fault
from accounts.models import DocumentKind, Invoice, Payment
from accounts.services.billing.accounts import locked_account
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.tenancy import platform_scope

MIN_REASON = 10


@transaction.atomic
def record_payment(
    *, actor: Actor, invoice: Invoice, received_on: date, amount: Decimal, bank_reference: str
) -> Payment:
    """Money for an issued invoice, not more than is owed. Raises Fault, ValidationError."""
    actor.require_platform()
    with platform_scope():
        account = locked_account(invoice.agency_id)
        row = Invoice.objects.with_balance().get(pk=invoice.pk)
        if row.is_draft or row.kind != DocumentKind.INVOICE:
            raise Fault("invoice_not_issued")
        if amount <= 0 or not is_whole(amount, row.currency):
            raise Fault("amount_not_payable")
        if amount > row.balance:
            raise Fault("payment_exceeds_balance")
        if received_on > today_in(account.agency):
            raise Fault("payment_in_future")
        payment = Payment(
            agency_id=row.agency_id,
            invoice_id=row.pk,
            received_on=received_on,
            amount=amount,
            bank_reference=bank_reference.strip(),
            recorded_by_label=actor.label,
        )
        payment.full_clean(exclude=["recorded_at"])
        payment.save(force_insert=True)
        facts = {"number": row.number, "amount": _words(row, amount)}
        record_for_both(actor, Action.PAYMENT_RECORDED, account.agency, facts, payment)
    return payment


@transaction.atomic
def reverse_payment(*, actor: Actor, payment: Payment, reason: str) -> Payment:
    """Undo a payment by its counter entry, or say that it was paid back. Raises Fault."""
    actor.require_platform()
    reason = reason.strip()
    if len(reason) < MIN_REASON:
        raise Fault("reason_too_short")
    with platform_scope():
        account = locked_account(payment.agency_id)
        row = Payment.objects.select_related("invoice").get(pk=payment.pk)
        if row.reverses_id is not None or row.reversals.exists():
            raise Fault("payment_reversed")
        counter = Payment.objects.create(
            agency_id=row.agency_id,
            invoice_id=row.invoice_id,
            received_on=today_in(account.agency),
            amount=-row.amount,
            bank_reference=row.bank_reference,
            reverses=row,
            reason=reason,
            recorded_by_label=actor.label,
        )
        facts = {"number": row.invoice.number, "amount": _words(row.invoice, row.amount)}
        record_for_both(
            actor,
            Action.PAYMENT_REVERSED,
            account.agency,
            facts,
            counter,
            content={"reason": reason},
        )
    return counter


def _words(invoice: Invoice, amount: Decimal) -> str:
    return f"{invoice.currency} {rounded(amount, invoice.currency)}"
