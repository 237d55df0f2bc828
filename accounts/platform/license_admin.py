"""Licenses on the platform's pages: entered, signed, amended, renewed and ended, never deleted."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.license_history import history_of
from accounts.license_queries import with_state
from accounts.licensing import LicenseState
from accounts.models import License
from accounts.platform.license_acting import ACTS, LicenseActing
from accounts.platform.license_entering import LicenseEntering
from accounts.platform.license_filters import ExpiringFilter, StateFilter
from accounts.platform.license_pages import draft_of

COLOURS = {
    LicenseState.DRAFT: "info",
    LicenseState.PENDING: "info",
    LicenseState.ACTIVE: "success",
    LicenseState.GRACE: "warning",
    LicenseState.SUSPENDED: "danger",
    LicenseState.EXPIRED: "danger",
    LicenseState.TERMINATED: "danger",
}


class LicenseAdmin(LicenseEntering, LicenseActing):
    list_display = ["number", "agency", "state_now", "starts", "ends", "seat_limit", "price"]
    list_filter = [StateFilter, ExpiringFilter, "agency"]
    list_select_related = ["agency", "plan"]
    search_fields = ["number", "agency__name", "versions__purchase_order"]
    fields = ["number", "agency", "state_words", "plan", "renews", "trial", "made_at"]
    readonly_fields = ["state_words"]
    actions_detail = ["edit_draft", "approve", "sign", "amend", "renew", *ACTS]
    change_form_outer_after_template = "accounts/platform/license_history.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[License]:
        return with_state(super().get_queryset(request), timezone.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @display(description=_("state"), ordering="state", label=COLOURS)  # type: ignore[untyped-decorator]
    def state_now(self, row: Any) -> tuple[str, Any]:
        return row.state, LicenseState(row.state).label

    @display(description=_("state"))  # type: ignore[untyped-decorator]
    def state_words(self, row: Any) -> Any:
        return LicenseState(row.state).label

    @display(description=_("starts on"), ordering="starts_on")  # type: ignore[untyped-decorator]
    def starts(self, row: Any) -> Any:
        return row.starts_on

    @display(description=_("last day"), ordering="ends_on")  # type: ignore[untyped-decorator]
    def ends(self, row: Any) -> Any:
        return row.ends_on

    @display(description=_("seats"), ordering="seats")  # type: ignore[untyped-decorator]
    def seat_limit(self, row: Any) -> Any:
        return row.seats

    @display(description=_("amount"))  # type: ignore[untyped-decorator]
    def price(self, row: Any) -> str:
        return "" if row.amount is None else f"{row.amount:,.2f} {row.currency}"

    # --- What can be done with one -----------------------------------------------------------

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The acts that the license's state allows."""
        offered = self._offered(self.license(request, object_id))
        actions: list[Any] = super().get_actions_detail(request, object_id)
        return [one for one in actions if one.action_name.rpartition("license_")[2] in offered]

    def _offered(self, license: Any) -> set[str]:
        if license.state == LicenseState.TERMINATED:
            return set()
        draft = draft_of(license)
        offered = {"terminate"}
        if draft is None:
            offered |= {"amend"} if license.trial else {"amend", "renew"}
        else:
            open_request = draft.overage_allowed and draft.overage_approved_by_id is None
            offered |= {"edit_draft", "approve" if open_request else "sign"}
        if license.in_effect:
            offered |= {"resume" if license.last_act == "suspended" else "suspend"}
        return offered

    # --- Pages --------------------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Who opens a license leaves a trace, also with its agency."""
        license = kwargs.get("obj")
        if license is not None:
            self.note_view(request, license)
            context["history"] = history_of(license)
            context["acts"] = license.acts.all()
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response
