"""Authorizations: the queue, and the decision of another person on one search."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches import work
from searches.access import needs, search_for
from searches.authorization_page import previous_of, queue_of
from searches.faults import Fault
from searches.forms_procedure import DecisionForm
from searches.models import Search
from searches.search_page import grounds_of
from searches.services.authorizing import authorize_search, awaits_decision, refuse_search


@require_safe
@needs(Permission.AUTHORIZE)
def authorizations(request: AgencyRequest) -> HttpResponse:
    page = page_of(request, work.authorizations())
    context = {"page": page, "parts": queue_of(page)}
    return render(request, "searches/authorizations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.AUTHORIZE)
def authorization(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """All that the decision is about; a POST lets the search be done."""
    search = search_for(request.actor, pk)
    form = DecisionForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            try:
                authorize_search(actor=request.actor, search=search, **form.cleaned_data)
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            else:
                messages.success(request, _("The search is authorized."))
                return redirect("search", pk=pk)
    elif not awaits_decision(search):
        return redirect("search", pk=pk)
    return _page(request, search, form, "searches/authorization.html")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.AUTHORIZE)
def authorization_refuse(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Says what is erased; a POST refuses the search and erases it."""
    search = search_for(request.actor, pk)
    form = DecisionForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            try:
                refuse_search(actor=request.actor, search=search, **form.cleaned_data)
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            else:
                messages.success(request, _("The search is refused and its content is erased."))
                return redirect("search", pk=pk)
    elif not awaits_decision(search):
        return redirect("search", pk=pk)
    return _page(request, search, form, "searches/authorization_refuse.html")


def _page(
    request: AgencyRequest, search: Search, form: DecisionForm, template: str
) -> HttpResponse:
    record(request.actor, Action.SEARCH_VIEWED, search, {"case": str(search.case_id)})
    context: dict[str, Any] = {
        "search": search,
        "form": form,
        "grounds": grounds_of(search),
        "previous": previous_of(search),
        "is_own": search.requested_by_id == request.actor.user_id,
        "awaits": awaits_decision(search),
    }
    return render(request, template, context, status=422 if form.errors else 200)
