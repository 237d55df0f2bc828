"""Editing a probe before it is searched with, and taking edits back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from accounts.usage import allowance
from searches.access import needs, probe_for
from searches.faults import Fault
from searches.forms_editing import EditForm, form_for
from searches.models import Probe
from searches.services.editing import discard_edits, edit_probe, undo_edit
from searches.views.probes import probe_page, search_form

# What is no fault of the values: the page is shown as it is now.
ELSEWHERE = ("probe_not_ready", "probe_searched", "edit_picture_changed", "file_unreadable")


@require_POST
@needs(Permission.SEARCH)
def probe_edit(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Make a derivative of the current picture by one operation."""
    probe = probe_for(request.actor, pk)
    form = form_for(request.POST.get("operation", ""), probe, request.POST)
    if form is None:
        return HttpResponseBadRequest()
    if form.is_valid() and _edit(request, probe, form):
        return redirect("probe", pk=probe.pk)
    allowed = allowance(request.actor.agency)
    search, begun = search_form(request, probe, allowed)
    return probe_page(request, probe, search, allowed, begun, edited=form, status=422)


def _edit(request: AgencyRequest, probe: Probe, form: EditForm) -> bool:
    """Whether there is nothing more to correct in the form."""
    try:
        edit_probe(
            actor=request.actor,
            probe=probe,
            operation=form.operation_name,
            parameters=form.parameters(),
            seen=form.cleaned_data["seen"],
            submission_key=form.cleaned_data["submission_key"],
        )
    except Fault as fault:
        if fault.code not in ELSEWHERE:
            form.add_error(None, fault.as_validation_error())
            return False
        messages.error(request, fault.message)
    return True


@require_POST
@needs(Permission.SEARCH)
def probe_undo(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Go back one edit, or to the original."""
    probe = probe_for(request.actor, pk)
    act = discard_edits if request.POST.get("to") == "original" else undo_edit
    try:
        act(actor=request.actor, probe=probe, seen=request.POST.get("seen", ""))
    except Fault as fault:
        messages.error(request, fault.message)
    return redirect("probe", pk=probe.pk)
