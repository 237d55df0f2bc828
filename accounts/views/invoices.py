"""What the platform billed the agency: a list, and each document as PDF."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.invoice_pdf import file_name, invoice_pdf
from accounts.models import BillingAccount, Invoice
from accounts.permissions import Permission
from accounts.services.billing.downloads import note_download
from portal.paging import page_of


@require_safe
@needs(Permission.VIEW_INVOICES)
def invoice_list(request: AgencyRequest) -> HttpResponse:
    agency_id = request.actor.agency
    rows = Invoice.objects.with_balance().filter(agency_id=agency_id, issued_at__isnull=False)
    context = {
        "page": page_of(request, rows.select_related("credits").order_by("-issued_at", "-pk")),
        "account": BillingAccount.objects.filter(agency_id=agency_id).first(),
    }
    return render(request, "accounts/invoice_list.html", context)


@require_safe
@needs(Permission.VIEW_INVOICES)
def invoice_file(request: AgencyRequest, pk: int) -> HttpResponse:
    """The document to save; what is not issued to this agency does not exist."""
    issued = Invoice.objects.filter(agency_id=request.actor.agency, issued_at__isnull=False)
    invoice = get_object_or_404(issued.select_related("license", "credits"), pk=pk)
    data = invoice_pdf(invoice)
    note_download(actor=request.actor, invoice=invoice)
    return HttpResponse(
        data,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(invoice)}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Robots-Tag": "noindex",
        },
    )
