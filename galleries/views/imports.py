"""Imports: their list, the form that opens one, its page and what is done with it."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from accounts.usage import allowance
from galleries.access import import_or_404
from galleries.forms_imports import ImportForm
from galleries.imports_page import progress_of, reasons_of
from galleries.models import ImportBatch
from galleries.services.imports.opening import open_import, receive_all
from portal.paging import page_of
from searches.access import gallery_or_404
from searches.faults import Fault, message_of
from searches.models import Gallery


@require_safe
@needs(Permission.ENROL)
def import_list(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    page = page_of(request, ImportBatch.objects.filter(gallery=gallery))
    return render(request, "galleries/imports/list.html", {"gallery": gallery, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.ENROL)
def import_new(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    form = ImportForm(gallery, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        batch = _open(request, gallery, form)
        if batch is not None:
            return _opened(request, batch)
    context = {"form": form, "gallery": gallery, "allowance": allowance(request.actor.agency)}
    status = 422 if form.errors else 200
    return render(request, "galleries/imports/new.html", context, status=status)


def _open(request: AgencyRequest, gallery: Gallery, form: ImportForm) -> ImportBatch | None:
    try:
        data = form.archive_bytes()
        batch = open_import(
            actor=request.actor,
            gallery=gallery,
            wish=form.wish(),
            submission_key=form.cleaned_data["submission_key"],
        )
        if data:
            receive_all(actor=request.actor, batch=batch, data=data)
    except Fault as fault:
        form.add_error(None, fault.as_validation_error())
        return None
    return batch


def _opened(request: AgencyRequest, batch: ImportBatch) -> HttpResponse:
    """To the import's page; a script is told where to send the parts."""
    page = reverse("import", args=[batch.pk])
    if "application/json" not in request.headers.get("Accept", ""):
        return redirect(page)
    return JsonResponse({"page": page, "upload": reverse("import_upload", args=[batch.pk])})


@require_safe
@needs(Permission.ENROL)
def import_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    batch = import_or_404(pk)
    context = {
        "batch": batch,
        "progress": progress_of(batch),
        "reasons": reasons_of(batch),
        "failure": message_of(batch.code) if batch.code else "",
    }
    if batch.stage == "ready":
        context["allowance"] = allowance(request.actor.agency)
    name = "_state.html" if request.htmx else "detail.html"
    return render(request, f"galleries/imports/{name}", context)
