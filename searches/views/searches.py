"""Searches: the list, one search from its grounds to what became of it, and what belongs to it."""

from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from portal.storage import MissingFile
from searches import queries
from searches.access import needs, search_for
from searches.edit_path import edits_of
from searches.faults import Fault, message_of
from searches.forms_procedure import FollowUpForm
from searches.models import CaseStatus, Search
from searches.progress import progress_of_search
from searches.receipts import receipt_of
from searches.result_page import result_of
from searches.search_page import grounds_of, standing_of
from searches.search_timeline import moments_of
from searches.services.concluding import report_follow_up
from searches.services.warrants import ENDINGS, view_document
from searches.statements import CONCLUSION_STATEMENT

BEGUN = 3
"""How many of one's drafts are shown where another search would be begun."""


@require_safe
@needs(Permission.VIEW_CASES)
def search_list(request: AgencyRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    page = page_of(request, queries.searches(request.actor, text))
    return render(request, "searches/search_list.html", {"page": page, "q": text})


@require_safe
@needs(Permission.SEARCH)
def search_new(request: AgencyRequest) -> HttpResponse:
    """In which of one's open cases; the upload of the picture is one click from here."""
    text = request.GET.get("q", "").strip()
    mine = {"status": CaseStatus.OPEN, "whose": queries.MINE}
    page = page_of(request, queries.cases(request.actor, text, **mine))
    begun = [] if text else queries.drafts_of(request.actor)[:BEGUN]
    return render(request, "searches/search_new.html", {"page": page, "q": text, "begun": begun})


@require_safe
@needs(Permission.VIEW_CANDIDATES)
def search_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The page, or for htmx only the progress of the work; when that is over, it reloads."""
    search = search_for(request.actor, pk)
    if request.htmx:
        context = {"search": search, "progress": progress_of_search(search)}
        response = render(request, "searches/_search_progress.html", context)
        if not search.is_open:
            response["HX-Refresh"] = "true"
        return response
    return _page(request, search, FollowUpForm())


def _page(
    request: AgencyRequest, search: Search, form: FollowUpForm, status: int = 200
) -> HttpResponse:
    prefetch_related_objects([search], "examinations", "authorizations")
    standing = standing_of(request.actor, search)
    shown = standing.shows_result
    action = Action.CANDIDATES_VIEWED if shown else Action.SEARCH_VIEWED
    record(request.actor, action, search, {"case": str(search.case_id)})
    context: dict[str, Any] = {
        "search": search,
        "standing": standing,
        "grounds": grounds_of(search),
        "failure": message_of(search.failure_code) if search.failure_code else "",
        "moments": moments_of(search, with_result=shown),
        "probe": search.probe,
        "steps": [] if standing.is_gone else edits_of(search.probe),
        "searched": True,
        "progress": progress_of_search(search) if search.is_open else None,
    }
    if shown:
        context |= {"result": result_of(search), "statement": CONCLUSION_STATEMENT, "form": form}
    elif standing.is_gone:
        context["receipt"] = receipt_of(search)
    return render(request, "searches/search.html", context, status=status)


@require_POST
@needs(Permission.VIEW_CANDIDATES)
def search_follow_up(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Add what other evidence made of a concluded search."""
    search = search_for(request.actor, pk)
    form = FollowUpForm(request.POST)
    if form.is_valid():
        try:
            report_follow_up(actor=request.actor, search=search, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("search", pk=pk)
    return _page(request, search, form, status=422)


@require_safe
@needs(Permission.VIEW_CASES)
def search_document(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The authorization's document, to be saved; the browser opens nothing in our name."""
    search = search_for(request.actor, pk)
    try:
        data = view_document(actor=request.actor, search=search)
    except MissingFile as error:
        raise Http404 from error
    name = f"authorization-{str(pk)[:8]}.{ENDINGS[search.document_type]}"
    return HttpResponse(
        data,
        content_type=search.document_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Robots-Tag": "noindex",
        },
    )


@require_safe
@needs(Permission.VIEW_CASES)
def search_receipt(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The proof of an erasure, signed, as it can be checked without the portal."""
    receipt = receipt_of(search_for(request.actor, pk))
    if receipt is None:
        raise Http404
    name = f"erasure-{str(pk)[:8]}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JsonResponse(receipt.as_json(), headers=headers, json_dumps_params={"indent": 2})
