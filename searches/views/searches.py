"""Searches: the list, and one search from waiting to its candidates."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches import queries
from searches.access import needs, search_for
from searches.faults import message_of
from searches.models import JobState
from searches.presenting import result_of
from searches.statements import LEAD_STATEMENT


@require_safe
@needs(Permission.VIEW_CASES)
def search_list(request: AgencyRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    page = page_of(request, queries.searches(request.actor, text))
    return render(request, "searches/search_list.html", {"page": page, "q": text})


@require_safe
@needs(Permission.VIEW_CANDIDATES)
def search_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The page, or for htmx only the part that changes while the search runs."""
    search = search_for(request.actor, pk)
    context: dict[str, Any] = {"search": search, "failure": message_of(search.failure_code)}
    if search.state == JobState.DONE:
        context |= {"result": result_of(search), "statement": LEAD_STATEMENT}
        record(request.actor, Action.CANDIDATES_VIEWED, search, {"case": str(search.case_id)})
    template = "searches/_search_state.html" if request.htmx else "searches/search.html"
    return render(request, template, context)
