"""Reminders of overdue invoices by the clock, where the installation wants that."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.actor import system_actor
from accounts.faults import Fault
from accounts.models import DocumentKind, Invoice, InvoiceState
from accounts.services.billing.dunning import remind_invoice
from portal.tenancy import platform_scope

# Whole days after the day an invoice is due, from which on each level is sent.
DAYS_AFTER_DUE = {1: 7, 2: 21, 3: 35}
# Also when the switch is turned on late, or somebody reminded by hand.
BETWEEN_LEVELS = timedelta(days=14)


def remind_overdue() -> int:
    """Send the reminders that are due, at most one an invoice; returns how many that were."""
    if not settings.AUTO_DUNNING:
        return 0
    with platform_scope():
        rows = Invoice.objects.with_balance().filter(
            kind=DocumentKind.INVOICE, overdue_at__lte=timezone.now()
        )
        due = [row for row in rows.prefetch_related("reminders").order_by("pk") if _is_due(row)]
    return sum(_remind(row) for row in due)


def _is_due(row: Invoice) -> bool:
    reminders = list(row.reminders.all())
    after = DAYS_AFTER_DUE.get(len(reminders) + 1)
    if after is None or row.state_now != InvoiceState.OVERDUE:
        return False
    last = max((one.sent_at for one in reminders), default=None)
    if last is not None and timezone.now() - last < BETWEEN_LEVELS:
        return False
    # It becomes overdue on the day after the one it is due.
    return row.days_overdue + 1 >= after


def _remind(row: Invoice) -> bool:
    try:
        remind_invoice(actor=system_actor("dunning", None), invoice=row)
    except Fault:  # paid, credited or reminded of meanwhile
        return False
    return True
