"""The off-boarding of a closed agency on the platform's pages: state and counts, no content."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from accounts.faults import Fault
from accounts.models import Agency, DestructionReceipt, Offboarding
from accounts.offboarding.receipts import as_file, file_name
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.services.offboarding import MOST_DAYS, PROLONGABLE, prolong_offboarding
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action


class ProlongForm(forms.Form):
    days = forms.IntegerField(
        label=_("Days more"),
        min_value=1,
        max_value=MOST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The agency reads it."),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(),
    )


class OffboardingPages(PlatformAdmin):
    """For the admin of agencies. Staff can put the deadline off, and neither fetch nor hasten."""

    @action(description=_("Off-boarding"), url_path="offboarding")  # type: ignore[untyped-decorator]
    def offboarding(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agency = self.get_object(request, object_id)
        if agency is None:
            raise Http404
        form = ProlongForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                prolong_offboarding(actor=actor_in(request), agency=agency, **form.cleaned_data)
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            else:
                messages.success(request, _("The deadline was put off."))
                return redirect("admin:accounts_agency_offboarding", agency.pk)
        record_for_both(actor_in(request), Action.AGENCY_VIEWED, agency)
        status = 422 if form.errors else 200
        context = self._context(request, agency) | {"form": form}
        return render(request, "accounts/platform/offboarding.html", context, status=status)

    def _context(self, request: HttpRequest, agency: Agency) -> dict[str, Any]:
        """Row-level security shows the platform both rows, of every agency."""
        row = Offboarding._base_manager.filter(agency_id=agency.pk).first()
        prolongable = row is not None and row.state in PROLONGABLE and row.started_at is None
        tables = sorted({*row.exported_rows, *row.removed_rows}) if row else []
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Off-boarding"),
            "original": agency,
            "row": row,
            "prolongable": prolongable,
            "tables": [
                (name, row.exported_rows.get(name, 0), row.removed_rows.get(name, 0))
                for name in tables
                if row
            ],
            "receipt": DestructionReceipt._base_manager.filter(agency_id=agency.pk).first(),
        }

    def receipt(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The signed receipt as it was mailed."""
        agency = self.get_object(request, object_id)
        if agency is None:
            raise Http404
        receipt = DestructionReceipt._base_manager.filter(agency_id=agency.pk).first()
        if receipt is None:
            raise Http404
        record_for_both(actor_in(request), Action.OFFBOARDING_RECEIPT_VIEWED, agency)
        disposition = f'attachment; filename="{file_name(agency)}"'
        headers = {"Content-Disposition": disposition}
        return HttpResponse(as_file(receipt), content_type="application/json", headers=headers)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.receipt)
        own = path("<path:object_id>/receipt/", view, name="accounts_agency_receipt")
        return [own, *super().get_urls()]
