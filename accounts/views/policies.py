"""The security policies of the agency: what holds, who changed what and why, and a change."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.banner import standard_text
from accounts.faults import Fault
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.models import SecurityPolicy
from accounts.permissions import Permission
from accounts.policies import as_values
from accounts.policy_forms import PolicyForm
from accounts.policy_queries import changes, history, rows_of
from accounts.services.policies import change_policy
from portal.paging import page_of


@require_safe
@needs(Permission.VIEW_POLICIES)
def agency_settings(request: AgencyRequest) -> HttpResponse:
    page = page_of(request, SecurityPolicy.objects.all())
    context = {
        "rows": rows_of(request.policy),
        "page": page,
        "versions": history(page),
        "standard_text": standard_text(),
    }
    return render(request, "accounts/agency_settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_POLICIES)
@fresh
def agency_settings_change(request: AgencyRequest) -> HttpResponse:
    """First the form, then what it would change, then the change."""
    form = PolicyForm(request.policy, request.POST if request.method == "POST" else None)
    if form.is_valid():
        changed = changes(as_values(request.policy), form.values())
        try:
            if not changed:
                raise Fault("policy_unchanged")
            if form.cleaned_data["seen"] != request.policy.version:
                raise Fault("policy_changed_meanwhile")
            if "confirm" not in request.POST:
                context = {"form": form, "changes": changed}
                return render(request, "accounts/agency_settings_confirm.html", context)
            _save(request, form)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("The policies are saved."))
            return redirect("agency_settings")
    status = 422 if form.errors else 200
    context = {"form": form, "has_changed": form.has_error("__all__", "policy_changed_meanwhile")}
    return render(request, "accounts/agency_settings_change.html", context, status=status)


def _save(request: AgencyRequest, form: PolicyForm) -> None:
    change_policy(
        actor=request.actor,
        seen=form.cleaned_data["seen"],
        values=form.values(),
        why=form.cleaned_data["why"],
    )
