"""One act on a request: its form, and what it did."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.request_acts import ACTS
from oversight.services.requests.deciding import is_alone
from oversight.views.requests import request_for


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.HANDLE_REQUESTS)
def request_act(request: AgencyRequest, pk: UUID, act: str) -> HttpResponse:
    if act not in ACTS:
        raise Http404("act")
    found, chosen = request_for(pk), ACTS[act]
    form = chosen.form_for(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            chosen.run(actor=request.actor, request=found, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("It is done and recorded."))
            return redirect("request", pk)
    context = {"asked": request_for(pk), "act": chosen, "form": form}
    context["is_alone"] = act == "decide" and is_alone(found)
    status = 422 if form.errors else 200
    return render(request, "oversight/requests/act.html", context, status=status)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.ERASE)
@fresh
def request_erase(request: AgencyRequest, pk: UUID) -> HttpResponseBase:
    """Erasing asks who is there once more."""
    return request_act(request, pk, "erase")
