"""Invoices and credit notes on the platform's pages."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from accounts.billing_csv import INVOICE_COLUMNS, csv_answer, invoice_cells
from accounts.faults import Fault
from accounts.license_documents import LicenseTampered
from accounts.models import BilledUsage, DocumentKind, Invoice, InvoiceState
from accounts.platform.base import actor_in
from accounts.platform.billing.acting import InvoiceActing
from accounts.platform.billing.filters import InvoiceStateFilter, RefundFilter
from accounts.platform.billing.forms import DraftForm
from accounts.platform.billing.pages import posted
from accounts.services.billing.drafting import draft_from_license
from accounts.services.billing.dunning import remind_invoice
from accounts.services.billing.issuing import bulk_issue
from accounts.services.platform_record import record_for_both
from accounts.templatetags.billing import money
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.audit.recorder import record

AFTERWARDS = frozenset({"credit", "void", "send", "pdf"})
OFFERED = {
    InvoiceState.DRAFT: frozenset({"issue", "discard"}),
    InvoiceState.ISSUED: AFTERWARDS | {"pay"},
    InvoiceState.PARTLY_PAID: AFTERWARDS | {"pay"},
    InvoiceState.OVERDUE: AFTERWARDS | {"pay", "remind"},
    InvoiceState.VOID: frozenset({"send", "pdf"}),
}
COLOURS = {
    InvoiceState.DRAFT: "info",
    InvoiceState.ISSUED: "primary",
    InvoiceState.PARTLY_PAID: "warning",
    InvoiceState.PAID: "success",
    InvoiceState.OVERDUE: "danger",
    InvoiceState.VOID: "default",
}
FIELDS = ["number", "agency", "state_words", "license", "issued_on", "due_on", "net_sum", "tax_sum"]


class DocumentAdmin(InvoiceActing):
    """What invoices and credit notes have in common."""

    kind = DocumentKind.INVOICE
    list_select_related = ["agency", "license"]
    search_fields = ["number", "agency__name", "license__number"]
    actions: Any = ["issue_selected", "export_csv"]
    show_full_result_count = False
    change_form_outer_after_template = "accounts/platform/billing/invoice_parts.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = Invoice.objects.with_balance()
        return rows.filter(kind=self.kind).select_related("agency", "license", "credits")

    @display(description=_("state"), ordering="state_now", label=COLOURS)  # type: ignore[untyped-decorator]
    def state(self, row: Invoice) -> tuple[str, Any]:
        return row.state_now, InvoiceState(row.state_now).label

    @display(description=_("state"))  # type: ignore[untyped-decorator]
    def state_words(self, row: Invoice) -> Any:
        return InvoiceState(row.state_now).label

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what can be done with the document as it stands."""
        actions: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        possible = OFFERED.get(InvoiceState(row.state_now), AFTERWARDS) if row else frozenset()
        return [one for one in actions if one.action_name.rpartition("_")[2] in possible]

    @display(description=_("number"), ordering="number")  # type: ignore[untyped-decorator]
    def name(self, row: Invoice) -> str:
        return str(row)

    @display(description=_("net"), ordering="net")  # type: ignore[untyped-decorator]
    def net_sum(self, row: Invoice) -> str:
        return money(row.net, row.currency)

    @display(description=_("tax"), ordering="tax")  # type: ignore[untyped-decorator]
    def tax_sum(self, row: Invoice) -> str:
        return money(row.tax, row.currency)

    @display(description=_("total"), ordering="total")  # type: ignore[untyped-decorator]
    def total_sum(self, row: Invoice) -> str:
        return money(row.total, row.currency)

    @display(description=_("open"), ordering="balance")  # type: ignore[untyped-decorator]
    def open_sum(self, row: Invoice) -> str:
        return money(row.balance, row.currency) if row.balance is not None else ""

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            facts = {"number": row.number}
            record_for_both(actor_in(request), Action.INVOICE_VIEWED, row.agency, facts, row)
            context |= parts_of(row)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    @admin.action(description=_("Issue the drafts chosen"))
    def issue_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        drafts = list(rows.filter(issued_at=None).order_by("pk"))
        if not drafts:
            messages.error(request, Fault("invoice_not_draft").message)
            return None
        if "sure" in request.POST:
            issued, refused = bulk_issue(actor=actor_in(request), invoices=drafts)
            say(request, issued, refused)
            return None
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        context |= {"title": _("Issue the drafts chosen"), "drafts": drafts}
        return render(request, "accounts/platform/billing/bulk_issue.html", context)

    @admin.action(description=_("Export as CSV"))
    def export_csv(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        cells = [invoice_cells(row) for row in rows.order_by("pk")]
        facts = {"report": self.opts.model_name, "rows": len(cells)}
        record(actor_in(request), Action.BILLING_EXPORTED, None, facts)
        return csv_answer(f"{self.opts.model_name}s", INVOICE_COLUMNS, cells)


class InvoiceAdmin(DocumentAdmin):
    list_display = ["name", "agency", "state", "issued_on", "due_on", "total_sum", "open_sum"]
    list_filter = [InvoiceStateFilter, RefundFilter, "currency", "agency", "issued_on"]
    fields = [*FIELDS, "total_sum", "open_sum", "drafted_by_label", "issued_by_label"]
    readonly_fields = fields
    actions = ["issue_selected", "remind_selected", "export_csv"]
    actions_list = ["draft"]
    actions_detail = ["issue", "discard", "pay", "remind", "credit", "void", "send", "pdf"]

    @admin.action(description=_("Remind of those chosen"))
    def remind_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        sent: list[Any] = []
        refused: list[tuple[Invoice, Fault]] = []
        for row in rows.order_by("pk"):
            try:
                sent.append(remind_invoice(actor=actor_in(request), invoice=row))
            except Fault as fault:
                refused.append((row, fault))
        words = ngettext("%(n)s reminder was sent.", "%(n)s reminders were sent.", len(sent))
        messages.info(request, words % {"n": len(sent)})
        for row, why in refused:
            messages.error(request, f"{row}: {why.message}")

    @action(description=_("Draft invoices"), url_path="draft")  # type: ignore[untyped-decorator]
    def draft(self, request: HttpRequest) -> HttpResponse:
        """Drafts of what is due of one license, or of all."""
        form = DraftForm(posted(request), initial={"license": request.GET.get("license")})
        back = reverse("admin:accounts_invoice_changelist")
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data["license"]
            every = form.fields["license"].queryset  # type: ignore[attr-defined]
            draft_all(request, [chosen] if chosen else list(every))
            return redirect(back)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        context |= {"title": _("Draft invoices"), "back": back}
        context["words"] = _(
            "What is due today and was not billed: parts of terms that have begun, amendments,"
            " and searches beyond the limit in months that are over."
        )
        status = 422 if form.errors else 200
        return render(request, "accounts/platform/billing/act.html", context, status=status)


class CreditNoteAdmin(DocumentAdmin):
    kind = DocumentKind.CREDIT_NOTE
    list_display = ["name", "agency", "state", "credited_invoice", "issued_on", "total_sum"]
    list_filter = [InvoiceStateFilter, "currency", "agency", "issued_on"]
    fields = [*FIELDS, "total_sum", "credited_invoice", "reason", "issued_by_label"]
    readonly_fields = fields
    actions_detail = ["issue", "discard", "send", "pdf"]

    @display(description=_("credits"))  # type: ignore[untyped-decorator]
    def credited_invoice(self, row: Invoice) -> str:
        return str(row.credits)


def draft_all(request: HttpRequest, licenses: list[Any]) -> None:
    """Draft what is due of each; say how many, and what stood in the way but "nothing due"."""
    made = 0
    for license in licenses:
        try:
            draft_from_license(actor=actor_in(request), license=license)
            made += 1
        except Fault as fault:
            if fault.code != "nothing_to_bill":
                messages.error(request, f"{license}: {fault.message}")
        except LicenseTampered as tampered:
            messages.error(request, f"{license}: {tampered}")
    words = ngettext("%(n)s draft was made.", "%(n)s drafts were made.", made)
    messages.info(request, words % {"n": made})


def say(request: HttpRequest, issued: list[Any], refused: list[tuple[Invoice, Fault]]) -> None:
    words = ngettext("%(n)s was issued: %(all)s", "%(n)s were issued: %(all)s", len(issued))
    numbers = ", ".join(row.number for row in issued)
    if issued:
        messages.success(request, words % {"n": len(issued), "all": numbers})
    for row, fault in refused:
        messages.error(request, f"{row}: {fault.message}")


def parts_of(row: Invoice) -> dict[str, Any]:
    """Lines, payments, reminders, credit notes and history of one document."""
    entries = AuditEntry.objects.filter(agency_id=None, subject_id=str(row.pk))
    lines = row.lines.select_related("license_version__license").order_by("position")
    billed = BilledUsage.objects.filter(line__invoice=row)
    counts: dict[int, int] = {}
    for line_id in billed.values_list("line_id", flat=True):
        counts[line_id] = counts.get(line_id, 0) + 1
    return {
        "row": row,
        "lines": [(line, counts.get(line.pk, 0)) for line in lines],
        "payments": row.payments.order_by("pk"),
        "reminders": row.reminders.order_by("level"),
        "notes": row.credit_notes.order_by("pk"),
        "history": entries.filter(subject_type="invoice").order_by("-id")[:50],
    }
