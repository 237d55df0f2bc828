"""Invoices, credit notes and reminders to the billing contact, with the PDF attached."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.invoice_pdf import amount_text, day_text, file_name, invoice_pdf
from accounts.models import BillingAccount, DocumentKind, DunningReminder, Invoice
from portal.tenancy import platform_scope

logger = logging.getLogger(__name__)


def mail_when_committed(invoice: Invoice, reminder: DunningReminder | None = None) -> None:
    """Mail an issued document, or a reminder of it, once the transaction is committed.

    A mail server that is away stops nothing: the document is issued, the log says that nobody was
    told, and the agency has it on its page.
    """

    def send() -> None:
        try:
            send_invoice(invoice, reminder)
        except (OSError, SMTPException) as error:
            kind = type(error).__name__
            logger.error("mail_not_sent: invoice %s was not mailed (%s)", invoice.pk, kind)

    transaction.on_commit(send)


def send_invoice(invoice: Invoice, reminder: DunningReminder | None = None) -> None:
    """Mail a document to the billing contact of today. Raises OSError, SMTPException."""
    with platform_scope(), translation.override(invoice.language):
        account = BillingAccount.objects.select_related("agency").get(agency_id=invoice.agency_id)
        context = {
            "invoice": invoice,
            "agency": account.agency.name,
            "contact": account.contact_name,
            "due": day_text(invoice.due_on),
            "total": f"{amount_text(invoice.total, invoice.currency)} {invoice.currency}",
            "balance": _balance(invoice),
            "level": reminder.level if reminder else 0,
            "is_note": invoice.kind == DocumentKind.CREDIT_NOTE,
            "link": settings.BASE_URL + reverse("invoices"),
        }
        text = render_to_string("accounts/mails/invoice.txt", context)
        message = EmailMessage(
            _subject(invoice, reminder), text, settings.DEFAULT_FROM_EMAIL, [account.contact_email]
        )
        message.attach(file_name(invoice), invoice_pdf(invoice), "application/pdf")
    message.send()


def _balance(invoice: Invoice) -> str:
    row = Invoice.objects.with_balance().get(pk=invoice.pk)
    return f"{amount_text(row.balance, row.currency)} {row.currency}"


def _subject(invoice: Invoice, reminder: DunningReminder | None) -> str:
    facts: dict[str, object] = {"number": invoice.number}
    if reminder is not None:
        facts["level"] = reminder.level
        return _("Reminder %(level)s of invoice %(number)s") % facts
    is_note = invoice.kind == DocumentKind.CREDIT_NOTE
    return (_("Credit note %(number)s") if is_note else _("Invoice %(number)s")) % facts
