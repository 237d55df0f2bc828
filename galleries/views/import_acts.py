"""What people do with an import: one button each, and a page before what cannot be undone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.access import import_or_404
from galleries.imports_page import progress_of
from galleries.models import ImportBatch
from galleries.services.imports.acts import (
    cancel_import,
    pause_import,
    resume_import,
    start_import,
)
from galleries.services.imports.clearing import close_import
from searches.faults import Fault

ACTS: dict[str, Callable[..., Any]] = {
    "start": start_import,
    "pause": pause_import,
    "resume": resume_import,
}
FINAL_ACTS: dict[str, Callable[..., Any]] = {"cancel": cancel_import, "close": close_import}


@require_POST
@needs(Permission.ENROL)
def import_act(request: AgencyRequest, pk: UUID, act: str) -> HttpResponse:
    return _act(request, import_or_404(pk), ACTS[act])


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.ENROL)
def import_final_act(request: AgencyRequest, pk: UUID, act: str) -> HttpResponse:
    batch = import_or_404(pk)
    if request.method == "POST":
        return _act(request, batch, FINAL_ACTS[act])
    context = {"batch": batch, "progress": progress_of(batch)}
    return render(request, f"galleries/imports/{act}.html", context)


def _act(request: AgencyRequest, batch: ImportBatch, act: Callable[..., Any]) -> HttpResponse:
    try:
        act(actor=request.actor, batch=batch)
    except Fault as fault:
        messages.error(request, fault.message)
    return redirect("import", pk=batch.pk)
