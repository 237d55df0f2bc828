"""Domains of single sign-on on the platform's pages: which agency a domain belongs to."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, SignOnDomain
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.services.platform_record import record_for_both
from accounts.services.sign_on import confirm_domain, withdraw_domain
from portal.audit.actions import Action


class SignOnDomainAdmin(PlatformAdmin):
    """Read-only but for one decision; agencies propose and remove domains themselves."""

    list_display = ["domain", "agency", "proposed_at", "confirmed_at"]
    search_fields = ["domain"]
    show_full_result_count = False
    fields = [
        "domain",
        "agency",
        "proposed_at",
        "proposed_by_label",
        "confirmed_at",
        "confirmed_by_label",
    ]
    actions_detail = ["decide"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignOnDomain]:
        # The manager wants an agency; row-level security shows the platform all domains.
        names = Agency.objects.filter(pk=OuterRef("agency_id")).values("name")
        rows = SignOnDomain._base_manager.annotate(agency_name=Subquery(names[:1]))
        return rows.order_by("domain", "pk")

    @display(description=_("agency"))  # type: ignore[untyped-decorator]
    def agency(self, row: Any) -> str:
        return str(row.agency_name)

    def record_view(self, actor: Actor, row: SignOnDomain) -> None:
        """A domain belongs to an agency, which sees that somebody looked."""
        agency = Agency.objects.get(pk=row.agency_id)
        record_for_both(actor, Action.AGENCY_VIEWED, agency)

    @action(description=_("Confirm or withdraw"), url_path="decide")  # type: ignore[untyped-decorator]
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        fault = None
        if request.method == "POST":
            act = withdraw_domain if request.POST.get("act") == "withdraw" else confirm_domain
            try:
                act(actor=actor_in(request), pk=row.pk)
            except Fault as refused:
                fault = refused
            else:
                messages.success(request, _("The decision was saved."))
                return redirect("admin:accounts_signondomain_change", row.pk)
        self.record_view(actor_in(request), row)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "fault": fault}
        context |= {"title": _("Confirm or withdraw"), "original": row}
        status = 422 if fault else 200
        return render(request, "accounts/platform/sign_on_domain.html", context, status=status)
