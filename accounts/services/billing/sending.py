"""Mailing an issued document once more."""

from smtplib import SMTPException

from django.db import transaction

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.invoice_mails import send_invoice
from accounts.models import Agency, Invoice
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.tenancy import platform_scope


@transaction.atomic
def send_again(*, actor: Actor, invoice: Invoice) -> None:
    """Mail an issued document to the billing contact of today. Raises Fault."""
    actor.require_platform()
    with platform_scope():
        row = Invoice.objects.get(pk=invoice.pk)
        if row.is_draft:
            raise Fault("invoice_not_issued")
        agency = Agency.objects.get(pk=row.agency_id)
        record_for_both(actor, Action.INVOICE_SENT, agency, {"number": row.number}, row)
        try:
            send_invoice(row)
        except (OSError, SMTPException) as error:
            raise Fault("invoice_mail_failed") from error
