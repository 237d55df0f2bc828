"""Agencies on the platform's pages."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, AgencyState
from accounts.platform.base import actor_in
from accounts.platform.feature_page import FeaturePage
from accounts.platform.first_admin_page import FirstAdminPage
from accounts.platform.offboarding_pages import OffboardingPages
from accounts.services.agencies import create_agency
from accounts.services.agency_lifecycle import (
    CHANGEABLE,
    activate_agency,
    change_agency,
    close_agency,
    resume_agency,
    suspend_agency,
)
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action

WORDS = {
    "activate": _("Activate: the trial is over"),
    "suspend": _("Suspend: its people can read, and do nothing new"),
    "resume": _("Resume: put it back where it was"),
    "close": _("Close for good: nobody of it gets in any more"),
}
OFFERED = {
    AgencyState.TRIAL: ["activate", "suspend", "close"],
    AgencyState.ACTIVE: ["suspend", "close"],
    AgencyState.SUSPENDED: ["resume", "close"],
    AgencyState.CLOSED: [],
}


class StateForm(forms.Form):
    act = forms.ChoiceField(label=_("What to do"), widget=UnfoldAdminRadioSelectWidget())
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The agency reads it. Needed to suspend and to close."),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(),
    )

    def __init__(self, agency: Agency, data: Any = None) -> None:
        super().__init__(data)
        offered = OFFERED[AgencyState(agency.state)]
        choices = [(name, WORDS[name]) for name in offered]
        self.fields["act"].choices = choices  # type: ignore[attr-defined]


def act_on(actor: Actor, agency: Agency, act: str, reason: str) -> None:
    """Do what the form says. Raises Fault."""
    if act == "activate":
        activate_agency(actor=actor, agency=agency)
    elif act == "suspend":
        suspend_agency(actor=actor, agency=agency, reason=reason)
    elif act == "resume":
        resume_agency(actor=actor, agency=agency)
    else:
        close_agency(actor=actor, agency=agency, reason=reason)


class AgencyAdmin(FirstAdminPage, OffboardingPages, FeaturePage):
    list_display = ["name", "jurisdiction", "state", "time_zone", "created_at"]
    list_filter = ["state"]
    search_fields = ["name", "slug", "jurisdiction"]
    actions_detail = ["change_state", "first_admin", "offboarding", "features"]
    facts = ["slug", "state", "state_reason", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Agency | None = None) -> list[str]:
        return [*CHANGEABLE, *self.facts] if obj else [*CHANGEABLE, "slug", "state"]

    def get_readonly_fields(self, request: HttpRequest, obj: Agency | None = None) -> list[str]:
        return self.facts if obj else []

    def formfield_for_choice_field(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """A new agency is on trial or active."""
        if db_field.name == "state":
            new = (AgencyState.TRIAL, AgencyState.ACTIVE)
            kwargs["choices"] = [(state.value, state.label) for state in new]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Agency, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in CHANGEABLE}
        actor = actor_in(request)
        if change:
            change_agency(actor=actor, agency=obj, **values)
            return
        more = {name: form.cleaned_data[name] for name in ("slug", "state")}
        made = create_agency(actor=actor, **values, **more)
        obj.__dict__.update(made.__dict__)

    def record_view(self, actor: Actor, row: Agency) -> None:
        """Who opens an agency's page leaves a trace, also with the agency."""
        record_for_both(actor, Action.AGENCY_VIEWED, row)

    def record_list(self, actor: Actor, rows: list[Agency]) -> None:
        """A list of one agency, as after a search for it, concerns that agency."""
        if len(rows) == 1:
            record_for_both(actor, Action.PLATFORM_LISTED, rows[0], self.list_facts(rows))
        else:
            super().record_list(actor, rows)

    @action(description=_("Change the state"), url_path="state")  # type: ignore[untyped-decorator]
    def change_state(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agency = self.get_object(request, object_id)
        if agency is None:
            raise Http404
        form = StateForm(agency, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                act_on(actor_in(request), agency, **form.cleaned_data)
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            else:
                messages.success(request, _("The state was changed."))
                return redirect("admin:accounts_agency_change", agency.pk)
        record_for_both(actor_in(request), Action.AGENCY_VIEWED, agency)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        context |= {"title": _("Change the state"), "original": agency}
        status = 422 if form.errors else 200
        return render(request, "accounts/platform/agency_state.html", context, status=status)
