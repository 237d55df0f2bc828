"""The workbench of examiners: one candidate at a time and as a list, without scores."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AgencyRequest
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.edit_path import edits_of
from searches.face_advice import advice_on
from searches.faults import Fault
from searches.forms_examination import DecisionForm
from searches.models import Examination, ExaminationItem, Stage
from searches.services.examining import decide, submit_examination
from searches.statements import LEAD_STATEMENT
from searches.views.workbench_doors import own_examination, work_address
from searches.workbench import opinions_about, outcomes_of, overview_of
from searches.workbench_access import item_at


@require_safe
@own_examination
def examination(request: AgencyRequest, examination: Examination) -> HttpResponse:
    """All faces beside the probe; after submission the person's own decisions."""
    search = examination.search
    record(request.actor, Action.CANDIDATES_VIEWED, search, {"case": str(search.case_id)})
    context = _about(examination) | {"overview": overview_of(examination)}
    if examination.is_open:
        return render(request, "searches/workbench/overview.html", context)
    context["outcomes"] = outcomes_of(examination)
    context["is_concluded"] = search.stage == Stage.CONCLUDED
    return render(request, "searches/workbench/submitted.html", context)


def _about(examination: Examination) -> dict[str, object]:
    """What every page shows of the probe; nothing of the case, the reason or the requester."""
    return {
        "examination": examination,
        "advice": advice_on(examination.search.face),
        "steps": edits_of(examination.search.probe),
        "statement": LEAD_STATEMENT,
        "work": work_address(),
    }


@require_safe
@own_examination
def examination_face(
    request: AgencyRequest, examination: Examination, position: int
) -> HttpResponse:
    """One face beside the probe, with the form of the decision."""
    if not examination.is_open:
        return redirect("examination", pk=examination.pk)
    item = item_at(examination, position)
    facts = {
        "search": str(examination.search_id),
        "case": str(examination.search.case_id),
        "round": examination.round,
        "position": position,
    }
    record(request.actor, Action.FACE_VIEWED, examination, facts)
    return _face_page(request, examination, item, DecisionForm(item))


def _face_page(
    request: AgencyRequest,
    examination: Examination,
    item: ExaminationItem,
    form: DecisionForm,
    status: int = 200,
) -> HttpResponse:
    overview = overview_of(examination)
    context = _about(examination) | {
        "overview": overview,
        "position": item.position,
        "erased_at": item.picture.erased_at,
        "previous": item.position - 1,
        "following": item.position + 1 if item.position < overview.total else None,
        "form": form,
        "opinions": opinions_about(examination, [item])[item.pk],
    }
    return render(request, "searches/workbench/face.html", context, status=status)


@require_POST
@own_examination
def examination_decide(
    request: AgencyRequest, examination: Examination, position: int
) -> HttpResponse:
    """Save the decision about one face and go on with the next undecided one."""
    item = item_at(examination, position)
    form = DecisionForm(item, request.POST)
    if form.is_valid():
        try:
            values = form.decision()
            decide(actor=request.actor, examination=examination, position=position, **values)
        except Fault as fault:
            if fault.code in ("examination_closed", "results_locked"):
                messages.error(request, fault.message)
                return redirect("examination", pk=examination.pk)
            form.add_error(None, fault.as_validation_error())
        else:
            return _next(examination, position)
    return _face_page(request, examination, item, form, status=422)


def _next(examination: Examination, position: int) -> HttpResponseRedirect:
    following = overview_of(examination).next_undecided(position)
    if following is None:
        return redirect("examination", pk=examination.pk)
    return redirect("examination_face", pk=examination.pk, position=following)


@require_http_methods(["GET", "HEAD", "POST"])
@own_examination
def examination_submit(request: AgencyRequest, examination: Examination) -> HttpResponse:
    """Ask once more, then end the examination."""
    overview = overview_of(examination)
    if request.method == "POST" or not overview.is_complete or not examination.is_open:
        try:
            submit_examination(actor=request.actor, examination=examination)
        except Fault as fault:
            messages.error(request, fault.message)
        return redirect("examination", pk=examination.pk)
    context = {"examination": examination, "overview": overview, "statement": LEAD_STATEMENT}
    return render(request, "searches/workbench/submit.html", context)
