"""Acts on one invoice, each with a page that asks first."""

from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.billing.money import rounded
from accounts.faults import Fault
from accounts.invoice_pdf import file_name, invoice_pdf
from accounts.models import Invoice
from accounts.platform.base import actor_in
from accounts.platform.billing.forms import CreditForm, PaymentForm, ReasonForm, SureForm
from accounts.platform.billing.pages import ActPages, posted
from accounts.services.billing.crediting import credit_line, void_invoice
from accounts.services.billing.drafting import discard_draft
from accounts.services.billing.dunning import remind_invoice
from accounts.services.billing.issuing import issue_invoice
from accounts.services.billing.paying import record_payment
from accounts.services.billing.sending import send_again


def pdf_answer(invoice: Invoice) -> HttpResponse:
    """The document to save, or back to the draft, which has none."""
    return HttpResponse(
        invoice_pdf(invoice),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{file_name(invoice)}"'},
    )


class InvoiceActing(ActPages):
    """Issue, discard, pay, remind, credit, void, send again, download."""

    @action(description=_("Issue"), url_path="issue")  # type: ignore[untyped-decorator]
    def issue(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_in(request)
        return self.ask(
            request,
            row,
            SureForm(posted(request)),
            lambda _values: issue_invoice(actor=actor, invoice=row),
            title=_("Issue"),
            words=_("It gets its number, cannot be changed any more, and goes out by e-mail."),
            done=_("It was issued."),
        )

    @action(description=_("Discard"), url_path="discard")  # type: ignore[untyped-decorator]
    def discard(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_in(request)
        return self.ask(
            request,
            row,
            SureForm(posted(request)),
            lambda _values: discard_draft(actor=actor, invoice=row),
            title=_("Discard"),
            words=_("The draft goes. What it bills can be drafted again."),
            done=_("The draft was discarded."),
            back=reverse(f"admin:accounts_{self.opts.model_name}_changelist"),
        )

    @action(description=_("Record a payment"), url_path="pay")  # type: ignore[untyped-decorator]
    def pay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)
        owed = rounded(row.balance or Decimal(0), row.currency)
        form = PaymentForm(
            posted(request), initial={"amount": owed, "received_on": timezone.localdate()}
        )
        return self.ask(
            request,
            row,
            form,
            lambda values: record_payment(actor=actor_in(request), invoice=row, **values),
            title=_("Record a payment"),
            words=_("Open: %(owed)s %(currency)s") % {"owed": owed, "currency": row.currency},
            done=_("The payment was recorded."),
        )

    @action(description=_("Remind"), url_path="remind")  # type: ignore[untyped-decorator]
    def remind(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_in(request)
        sent = row.reminders.count()
        return self.ask(
            request,
            row,
            SureForm(posted(request)),
            lambda _values: remind_invoice(actor=actor, invoice=row),
            title=_("Remind"),
            words=_("Reminders sent: %(n)s of 3. The next one goes to the billing contact.")
            % {"n": sent},
            done=_("The reminder was sent."),
        )

    @action(description=_("Credit a part"), url_path="credit")  # type: ignore[untyped-decorator]
    def credit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)
        form = CreditForm(row, posted(request))
        return self.ask(
            request,
            row,
            form,
            partial(_credit, request),
            title=_("Credit a part"),
            words=_("A credit note is issued at once and goes out by e-mail."),
            done=_("The credit note was issued."),
        )

    @action(description=_("Void the invoice"), url_path="void")  # type: ignore[untyped-decorator]
    def void(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_in(request)
        return self.ask(
            request,
            row,
            ReasonForm(posted(request)),
            lambda values: void_invoice(actor=actor, invoice=row, **values),
            title=_("Void the invoice"),
            words=_(
                "A credit note over all that is left is issued. What was billed is open again."
            ),
            done=_("The invoice is void."),
        )

    @action(description=_("Send again"), url_path="send")  # type: ignore[untyped-decorator]
    def send(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_in(request)
        return self.ask(
            request,
            row,
            SureForm(posted(request)),
            lambda _values: send_again(actor=actor, invoice=row),
            title=_("Send again"),
            words=_("The PDF goes to the billing contact once more."),
            done=_("It was sent."),
        )

    @action(description=_("PDF"), url_path="pdf")  # type: ignore[untyped-decorator]
    def pdf(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)
        if row.is_draft:
            messages.error(request, Fault("invoice_not_issued").message)
            return redirect(self.page_of(row))
        return pdf_answer(row)


def _credit(request: HttpRequest, values: dict[str, Any]) -> None:
    credit_line(actor=actor_in(request), **values)
