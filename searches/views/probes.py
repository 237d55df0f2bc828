"""A probe: its upload into a case, its faces, the choice of one, and the submission of a search."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from accounts.usage import Allowance, allowance
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import case_for, needs, probe_for
from searches.begun import Begun, begun_search, begun_upload
from searches.costs import cost_words
from searches.edit_path import edits_of
from searches.faults import Fault, message_of, rejection_message
from searches.forms import ProbeForm, SearchForm
from searches.forms_editing import EditForm, edit_forms
from searches.forms_procedure import FIELD_OF, basis_choices
from searches.grant_queries import usable
from searches.images import ImageRejected
from searches.models import Probe
from searches.presenting import FaceRow, face_rows
from searches.progress import progress_of_probe
from searches.services.membership import searched_with
from searches.services.probes import turn_probe, upload_probe
from searches.services.searching import submit_search


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.SEARCH)
def probe_new(request: AgencyRequest, pk: UUID) -> HttpResponse:
    case = case_for(request.actor, pk)
    begun = begun_upload(request.actor, case)
    form = ProbeForm(request.POST or None, request.FILES or None, initial=begun.initial)
    if request.method == "POST" and form.is_valid():
        try:
            probe = upload_probe(
                actor=request.actor,
                case=case,
                data=form.cleaned_data["picture"].read(),
                capture=form.capture(),
                submission_key=form.cleaned_data["submission_key"],
            )
        except ImageRejected as rejected:
            form.add_error("picture", ValidationError(rejection_message(rejected), rejected.code))
        except Fault as fault:
            field = "captured_on" if fault.code == "capture_in_future" else None
            form.add_error(field, fault.as_validation_error())
        else:
            return redirect("probe", pk=probe.pk)
    status = 422 if form.errors else 200
    context = {"form": form, "case": case, "begun": begun}
    return render(request, "searches/probe_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.SEARCH)
def probe_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    probe = probe_for(request.actor, pk)
    if request.method == "POST":
        return _submit(request, probe)
    record(request.actor, Action.PROBE_VIEWED, probe, {"case": str(probe.case_id)})
    allowed = allowance(request.actor.agency)
    form, begun = search_form(request, probe, allowed)
    return probe_page(request, probe, form, allowed, begun)


def search_form(
    request: AgencyRequest, probe: Probe, allowed: Allowance
) -> tuple[SearchForm, Begun]:
    """The form as its owner left it, or with what goes without saying filled in."""
    granted = usable(request.actor.agency, allowed.terms)
    begun = begun_search(request.actor, probe)
    initial: dict[str, Any] = {"purpose": probe.case.purpose, **begun.initial}
    form = SearchForm(allowed.terms, granted, initial=initial)
    if begun.draft is None and not granted:
        only = list(form.offered_galleries()[:2])
        form.initial["galleries"] = only if len(only) == 1 else []
    return form, begun


def _submit(request: AgencyRequest, probe: Probe) -> HttpResponse:
    allowed = allowance(request.actor.agency)
    granted = usable(request.actor.agency, allowed.terms)
    form = SearchForm(allowed.terms, granted, request.POST, request.FILES)
    if form.is_valid():
        try:
            search = submit_search(
                actor=request.actor,
                probe=probe,
                face_index=form.cleaned_data["face"],
                galleries=list(form.cleaned_data["galleries"]),
                grants=form.chosen_grants(),
                grounds=form.grounds(),
                limit=form.cleaned_data["limit"],
                submission_key=form.cleaned_data["submission_key"],
                seen=form.cleaned_data["seen"],
            )
        except Fault as fault:
            form.add_error(FIELD_OF.get(fault.code), fault.as_validation_error())
        else:
            return redirect("search", pk=search.pk)
    begun = begun_search(request.actor, probe)
    return probe_page(request, probe, form, allowed, begun, status=422)


def probe_page(
    request: AgencyRequest,
    probe: Probe,
    form: SearchForm,
    allowed: Allowance,
    begun: Begun,
    *,
    edited: EditForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a probe; `edited` is the form of an edit that was refused."""
    faces = face_rows(probe)
    searched, used = searched_with(probe)
    context = {
        "probe": probe,
        "form": form,
        "allowance": allowed,
        "costs": cost_words(allowed, probe.case.search_cap - used),
        "begun": begun,
        "progress": progress_of_probe(probe) if probe.is_open else None,
        "faces": faces,
        "chosen": _chosen(form, faces),
        "bases": basis_choices(form, request.policy.authorize_every_search),
        "failure": message_of(probe.failure_code) if probe.failure_code else "",
        "steps": edits_of(probe),
        "searched": searched,
        "edit_forms": edit_forms(probe, edited),
    }
    return render(request, "searches/probe.html", context, status=status)


def _chosen(form: SearchForm, faces: list[FaceRow]) -> int | None:
    """The face to show as chosen; the only one needs no choosing."""
    if len(faces) == 1:
        return 0
    value = str(form["face"].value())
    return int(value) if value.isdecimal() else None


@require_POST
@needs(Permission.SEARCH)
def probe_turn(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Turn the picture a quarter to the left or right and have its faces found again."""
    probe = probe_for(request.actor, pk)
    turns = {"left": 3, "right": 1}.get(request.POST.get("direction", ""))
    if turns is None:
        return HttpResponseBadRequest()
    try:
        turn_probe(actor=request.actor, probe=probe, quarter_turns=turns)
    except Fault as fault:
        messages.error(request, fault.message)
    return redirect("probe", pk=probe.pk)


@require_safe
@needs(Permission.SEARCH)
def probe_progress(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """What the page asks for while the faces are being found; tells it to reload when they are."""
    probe = probe_for(request.actor, pk)
    context = {"probe": probe, "progress": progress_of_probe(probe)}
    response = render(request, "searches/_probe_progress.html", context)
    if not probe.is_open:
        response["HX-Refresh"] = "true"
    return response
