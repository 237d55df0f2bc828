"""Cases: the list, a new one, one case with all that belongs to it, and its history."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches import queries, timeline
from searches.access import case_for, needs
from searches.begun import begun_upload
from searches.case_forms import CaseForm, MemberForm, NoteForm
from searches.case_page import facts_of, note_rows, people_of, standing_of
from searches.faults import Fault
from searches.forms import ProbeForm
from searches.models import Case, CaseStatus
from searches.services.cases import open_case

LATEST = 8


@require_safe
@needs(Permission.VIEW_CASES)
def case_list(request: AgencyRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    status, whose = request.GET.get("status", ""), request.GET.get("whose", "")
    found = queries.cases(request.actor, text, status=status, whose=whose)
    context = {
        "page": page_of(request, found),
        "q": text,
        "status": status if status in CaseStatus.values else "",
        "whose": whose if whose in (queries.MINE, queries.OWNED) else "",
    }
    return render(request, "searches/case_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.OPEN_CASE)
def case_new(request: AgencyRequest) -> HttpResponse:
    form = CaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = open_case(actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("case", pk=case.pk)
    status = 422 if form.errors else 200
    return render(request, "searches/case_new.html", {"form": form}, status=status)


@require_safe
@needs(Permission.VIEW_CASES)
def case_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    case = case_for(request.actor, pk)
    record(request.actor, Action.CASE_VIEWED, case)
    return case_response(request, case)


def case_response(
    request: AgencyRequest, case: Case, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """The page of a case; `forms` are those that were sent and refused."""
    people = people_of(case, request.actor)
    begun = begun_upload(request.actor, case)
    notes = list(case.notes.all()[: LATEST + 1])
    context: dict[str, Any] = {
        "case": case,
        "standing": standing_of(request.actor, case, people),
        "people": people,
        "page": page_of(request, queries.searches(request.actor).filter(case=case)),
        "notes": note_rows(notes[:LATEST]),
        "more_notes": len(notes) > LATEST,
        "probes": case.probes.filter(searches=None)[:10],
        "moments": timeline.in_words(timeline.entries(case)[:LATEST], people.labels),
        "form": ProbeForm(initial=begun.initial),
        "begun": begun,
        "note_form": NoteForm(),
        "member_form": MemberForm(people.others),
        **facts_of(case),
        **forms,
    }
    return render(request, "searches/case.html", context, status=status)


@require_safe
@needs(Permission.VIEW_CASES)
def case_timeline(request: AgencyRequest, pk: UUID) -> HttpResponse:
    case = case_for(request.actor, pk)
    record(request.actor, Action.CASE_VIEWED, case)
    page = page_of(request, timeline.entries(case))
    labels = dict(case.members.values_list("user_id", "label"))
    context = {"case": case, "page": page, "moments": timeline.in_words(page, labels)}
    return render(request, "searches/case_timeline.html", context)
