"""Notes, and what is done to a case for a reason, each on a page that says what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.actor import Actor
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches.access import case_for, needs
from searches.case_forms import CapForm, NoteForm, ReasonForm
from searches.case_page import note_rows
from searches.faults import Fault
from searches.models import Case
from searches.services.case_limits import change_cap, hold_case, lift_hold
from searches.services.case_notes import add_note
from searches.services.cases import close_case, reopen_case
from searches.services.membership import require_owner
from searches.views.cases import case_response


@dataclass(frozen=True, slots=True)
class Act:
    """One act: who may, what is asked, and the words of its page."""

    do: Callable[..., Case]
    require: Callable[[Actor, Case], None]
    title: str | Promise
    explanation: str | Promise
    button: str | Promise
    form: type[ReasonForm] = ReasonForm


def _supervisor(actor: Actor, case: Case) -> None:
    actor.require(Permission.SUPERVISE_CASES)


ACTS = {
    "close": Act(
        close_case,
        require_owner,
        _("Close the case"),
        _(
            "Nothing can be uploaded or searched in it any more. Everybody who sees it goes on"
            " seeing it. Only a supervisor can open it again."
        ),
        _("Close the case"),
    ),
    "reopen": Act(
        reopen_case,
        _supervisor,
        _("Open the case again"),
        _("Its members can upload and search again, as far as searches are left."),
        _("Open it again"),
    ),
    "hold": Act(
        hold_case,
        _supervisor,
        _("Put the case under legal hold"),
        _("Nothing of the case is erased while the hold lasts, whatever its age."),
        _("Put it under legal hold"),
    ),
    "lift": Act(
        lift_hold,
        _supervisor,
        _("Lift the legal hold"),
        _("What has reached its age is erased by the next run. The reason of the hold stays."),
        _("Lift the hold"),
    ),
    "cap": Act(
        change_cap,
        _supervisor,
        _("Allow another number of searches"),
        _("Searches that failed do not count. Those that were run stay, also beyond the limit."),
        _("Change the number"),
        CapForm,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_CASES)
def case_act(request: AgencyRequest, pk: UUID, act: str) -> HttpResponse:
    case, chosen = case_for(request.actor, pk), ACTS[act]
    chosen.require(request.actor, case)
    initial: dict[str, Any] = {"cap": case.search_cap}
    form = chosen.form(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            chosen.do(actor=request.actor, case=case, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("case", pk=case.pk)
    context = {"case": case, "act": chosen, "form": form}
    status = 422 if form.errors else 200
    return render(request, "searches/case_act.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_CASES)
def case_notes(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """All notes, and where the form of the case's page writes another one."""
    case = case_for(request.actor, pk)
    if request.method == "POST":
        return _write(request, case)
    record(request.actor, Action.CASE_VIEWED, case)
    page = page_of(request, case.notes.all())
    context = {"case": case, "page": page, "notes": note_rows(list(page))}
    return render(request, "searches/case_notes.html", context)


def _write(request: AgencyRequest, case: Case) -> HttpResponse:
    request.actor.require(Permission.WORK_ON_CASES)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            add_note(actor=request.actor, case=case, text=form.cleaned_data["text"])
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("case", pk=case.pk)
    return case_response(request, case, status=422, note_form=form)
