"""The agency's side of requests: the queue, one request, one by hand, its letters."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.models import RequestLetter, SubjectRequest
from oversight.request_acts import acts_for
from oversight.request_forms import EnteredForm
from oversight.request_queries import VIEWS, found_requests, page_facts, rows_of
from oversight.services.requests.following import read_letter
from oversight.services.requests.handling import remove_subject
from oversight.services.requests.receiving import enter_request
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches.views.documents import HEADERS


def request_for(pk: UUID) -> SubjectRequest:
    return get_object_or_404(SubjectRequest.objects.all(), pk=pk)


@require_safe
@needs(Permission.HANDLE_REQUESTS)
def request_list(request: AgencyRequest) -> HttpResponse:
    view = request.GET.get("show", "")
    view = view if view in VIEWS else "open"
    page = page_of(request, found_requests(request.agency, view))
    rows = rows_of(request.agency, list(page))
    record(request.actor, Action.REQUESTS_LISTED, None, {"rows": len(rows)})
    context = {"page": page, "rows": rows, "show": view, "views": VIEWS.items()}
    return render(request, "oversight/requests/list.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.HANDLE_REQUESTS)
def request_new(request: AgencyRequest) -> HttpResponse:
    """Enter a request that came another way; its link is shown this once, for the person."""
    form = EnteredForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            taken = enter_request(
                actor=request.actor,
                agency=request.agency,
                asked=form.asked(),
                channel=form.cleaned_data["channel"],
                received_at=form.received_at(request.agency),
                submission_key=form.cleaned_data["submission_key"],
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            path = reverse("public_request", args=[request.agency.slug, taken.token])
            context = {"asked": taken.request, "address": settings.BASE_URL + path}
            return render(request, "oversight/requests/entered.html", context)
    status = 422 if form.errors else 200
    return render(request, "oversight/requests/new.html", {"form": form}, status=status)


@require_safe
@needs(Permission.HANDLE_REQUESTS)
def request_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    found = request_for(pk)
    record(request.actor, Action.REQUEST_VIEWED, found)
    context = page_facts(request.agency, found) | {"acts": acts_for(found)}
    return render(request, "oversight/requests/request.html", context)


@require_POST
@needs(Permission.HANDLE_REQUESTS)
def request_subject_remove(request: AgencyRequest, pk: UUID, chosen: UUID) -> HttpResponse:
    try:
        remove_subject(actor=request.actor, request=request_for(pk), chosen=chosen)
    except Fault as fault:
        messages.error(request, fault.message)
    else:
        messages.success(request, _("The subject was taken off."))
    return redirect("request", pk)


@require_safe
@needs(Permission.HANDLE_REQUESTS)
def request_letter(request: AgencyRequest, pk: UUID) -> HttpResponse:
    letters = RequestLetter.objects.select_related("request")
    letter = get_object_or_404(letters, pk=pk)
    data = read_letter(actor=request.actor, letter=letter, by="staff")
    name = f'attachment; filename="letter-{letter.request.number}.pdf"'
    headers = HEADERS | {"Content-Disposition": name}
    return HttpResponse(data, content_type="application/pdf", headers=headers)
