"""Reminders of overdue invoices: three levels, each once, none too early."""

from django.db import transaction

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.invoice_mails import mail_when_committed
from accounts.models import DunningReminder, Invoice, InvoiceState
from accounts.services.billing.accounts import locked_account
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.tenancy import platform_scope

# Whole days since the invoice became overdue, before each level may be sent.
DAYS_OVERDUE = {1: 0, 2: 14, 3: 30}


@transaction.atomic
def remind_invoice(*, actor: Actor, invoice: Invoice) -> DunningReminder:
    """Send the next reminder of an overdue invoice to the billing contact. Raises Fault."""
    actor.require_platform()
    with platform_scope():
        account = locked_account(invoice.agency_id)
        row = Invoice.objects.with_balance().get(pk=invoice.pk)
        if row.state_now != InvoiceState.OVERDUE:
            raise Fault("invoice_not_overdue")
        level = row.reminders.count() + 1
        if level not in DAYS_OVERDUE:
            raise Fault("reminders_all_sent")
        if row.days_overdue < DAYS_OVERDUE[level]:
            raise Fault("reminder_too_early")
        reminder = DunningReminder.objects.create(
            agency_id=row.agency_id,
            invoice_id=row.pk,
            level=level,
            sent_to=account.contact_email,
            sent_by_label=actor.label,
        )
        facts = {"number": row.number, "level": level}
        record_for_both(actor, Action.INVOICE_REMINDED, account.agency, facts, row)
        mail_when_committed(row, reminder)
    return reminder
