"""Cases, and the upload of a probe into one."""

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
from searches import queries
from searches.access import case_or_404, needs
from searches.faults import Fault, rejection_message
from searches.forms import CaseForm, ProbeForm
from searches.images import ImageRejected
from searches.services.cases import open_case
from searches.services.probes import upload_probe


@require_safe
@needs(Permission.VIEW_CASES)
def case_list(request: AgencyRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    page = page_of(request, queries.cases(text))
    return render(request, "searches/case_list.html", {"page": page, "q": text})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.OPEN_CASE)
def case_new(request: AgencyRequest) -> HttpResponse:
    form = CaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = open_case(actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("case", pk=case.pk)
    status = 422 if form.errors else 200
    return render(request, "searches/case_new.html", {"form": form}, status=status)


@require_safe
@needs(Permission.VIEW_CASES)
def case_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    case = case_or_404(pk)
    record(request.actor, Action.CASE_VIEWED, case)
    found = queries.searches().filter(case=case)
    waiting = case.probes.filter(searches=None)[:10]
    context = {"case": case, "page": page_of(request, found), "probes": waiting}
    return render(request, "searches/case.html", context | {"form": ProbeForm()})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.SEARCH)
def probe_new(request: AgencyRequest, pk: UUID) -> HttpResponse:
    case = case_or_404(pk)
    form = ProbeForm(request.POST or None, request.FILES or None)
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
            form.add_error("captured_on", fault.as_validation_error())
        else:
            return redirect("probe", pk=probe.pk)
    status = 422 if form.errors else 200
    return render(request, "searches/probe_new.html", {"form": form, "case": case}, status=status)
