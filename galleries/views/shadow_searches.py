"""Shadow searches: asked for, watched, read and downloaded."""

from typing import Any
from uuid import UUID

import rfc8785
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.engine_change_page import (
    change_context,
    change_or_404,
    moved_rows,
    shadow_or_404,
)
from galleries.forms_engine_changes import CompareForm
from galleries.models import EngineChange
from galleries.services.shadow_searching import request_shadow_search
from galleries.shadow_report import LISTED, digest_of
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import needs
from searches.faults import Fault, message_of


@require_POST
@needs(Permission.MANAGE_GALLERIES)
def compare(request: AgencyRequest, pk: UUID) -> HttpResponse:
    change = change_or_404(pk)
    form = CompareForm(request.POST)
    if form.is_valid():
        try:
            shadow = request_shadow_search(actor=request.actor, change=change, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("shadow_search", pk=shadow.pk)
    context = change_context(change, compare=form)
    return render(request, "galleries/engine/change.html", context, status=422)


@require_safe
@needs(Permission.MANAGE_GALLERIES)
def shadow_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    shadow = shadow_or_404(pk)
    context = {"shadow": shadow, "change": shadow.change, "gallery": shadow.change.gallery}
    if request.htmx:
        response = render(request, "galleries/engine/_shadow_progress.html", context)
        if not shadow.is_open:
            response["HX-Refresh"] = "true"
        return response
    context["failure"] = message_of(shadow.failure_code) if shadow.failure_code else ""
    if report := shadow.report:
        record(request.actor, Action.ENGINE_CHANGE_REPORT_VIEWED, shadow, _facts(shadow.change))
        context |= {"report": report, "listed": LISTED, "shares": _shares(report)}
        context |= {side: moved_rows(report[side]) for side in ("worse", "better")}
    return render(request, "galleries/engine/shadow.html", context)


@require_safe
@needs(Permission.MANAGE_GALLERIES)
def shadow_report(request: AgencyRequest, pk: UUID) -> HttpResponse:
    shadow = shadow_or_404(pk)
    if shadow.report is None:
        raise Http404
    facts = {"sha256": digest_of(shadow.report)} | _facts(shadow.change)
    record(request.actor, Action.ENGINE_CHANGE_REPORT_DOWNLOADED, shadow, facts)
    response = HttpResponse(rfc8785.dumps(shadow.report), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="shadow-search-{shadow.pk}.json"'
    return response


def _facts(change: EngineChange) -> dict[str, str]:
    return {"gallery": str(change.gallery_id), "change": str(change.pk)}


def _shares(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the table: how often the own subject was first, and in the list."""
    return [
        {
            "limit": limit,
            "before": _percents(report["hits"]["from"][f"rank_{limit}"]),
            "after": _percents(report["hits"]["to"][f"rank_{limit}"]),
        }
        for limit in (1, LISTED)
    ]


def _percents(measured: dict[str, Any]) -> dict[str, Any]:
    shown = {name: measured[name] for name in ("hits", "of")}
    for name in ("share", "low", "high"):
        shown[name] = None if measured[name] is None else 100 * measured[name]
    return shown
