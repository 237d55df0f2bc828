"""The catalogue on the platform's pages: plans are drafted, published, and made anew."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.faults import Fault
from accounts.models import Plan
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.purposes import Purpose, SourceKind
from accounts.services.licenses.plans import PLAN_FIELDS, create_plan_version, publish_plan


class ClosedListsForm(forms.ModelForm[Model]):
    """The purposes and kinds of source as boxes to tick."""

    purposes = forms.MultipleChoiceField(
        label=_("Purposes"),
        choices=Purpose.choices,
        initial=Purpose.values,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    source_kinds = forms.MultipleChoiceField(
        label=_("Kinds of source"),
        choices=SourceKind.choices,
        initial=SourceKind.values,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )


class PlanForm(ClosedListsForm):
    class Meta:
        model = Plan
        fields = ["code", *PLAN_FIELDS]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("overage_allowed"):
            for name in ("overage_unit_price", "overage_cap"):
                if values.get(name) is None and name not in self.errors:
                    words = _("Searches beyond the limit need a price and a most.")
                    self.add_error(name, ValidationError(words, "required"))
        return values


class PlanAdmin(PlatformAdmin):
    list_display = ["name", "code", "version", "price", "currency", "term_months", "published_at"]
    list_filter = ["code", "currency"]
    search_fields = ["name", "code"]
    form = PlanForm
    fields = ["code", *PLAN_FIELDS]
    actions_detail = ["publish", "make_anew"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Plan | None = None) -> list[str]:
        return [*self.fields, "version", "published_at"] if obj else self.fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version begins with what the old one says."""
        old = Plan.objects.filter(pk=request.GET.get("from") or 0).first()
        if old is None:
            return {}
        return {name: getattr(old, name) for name in self.fields}

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        made = create_plan_version(actor=actor_in(request), **form.cleaned_data)
        obj.__dict__.update(made.__dict__)

    @action(description=_("Publish"), url_path="publish")  # type: ignore[untyped-decorator]
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and publish: from then on the plan does not change."""
        plan = self._plan(request, object_id)
        error = ""
        if request.method == "POST":
            try:
                publish_plan(actor=actor_in(request), plan=plan)
            except Fault as fault:
                error = fault.message
            else:
                messages.success(request, _("The plan is published."))
                return redirect("admin:accounts_plan_change", plan.pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "error": error}
        context |= {"title": _("Publish"), "original": plan}
        status = 422 if error else 200
        return render(request, "accounts/platform/plan_publish.html", context, status=status)

    @action(description=_("New version"), url_path="anew")  # type: ignore[untyped-decorator]
    def make_anew(self, request: HttpRequest, object_id: str) -> HttpResponse:
        plan = self._plan(request, object_id)
        response = redirect("admin:accounts_plan_add")
        response["Location"] += f"?from={plan.pk}"
        return response

    def _plan(self, request: HttpRequest, object_id: str) -> Plan:
        plan: Plan | None = self.get_object(request, object_id)
        if plan is None:
            raise Http404
        return plan
