"""The sources of a gallery."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.forms_sources import SourceForm
from galleries.holdings import holdings_of
from galleries.services.sources import remove_source
from searches.access import gallery_or_404, needs
from searches.faults import Fault
from searches.models import SourceRegister
from searches.services.registers import add_source


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def gallery_sources(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    form = SourceForm(gallery, request.POST or None)
    if request.method == "POST" and form.is_valid():
        register = form.cleaned_data["register"]
        try:
            add_source(actor=request.actor, gallery=gallery, register=register)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("The gallery takes pictures of this register now."))
            return redirect("gallery_sources", pk=pk)
    status = 422 if form.errors else 200
    context = {"gallery": gallery, "form": form, "sources": holdings_of(gallery).sources}
    return render(request, "galleries/gallery_sources.html", context, status=status)


@require_POST
@needs(Permission.MANAGE_GALLERIES)
def gallery_source_remove(request: AgencyRequest, pk: UUID, register: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    row = get_object_or_404(SourceRegister.objects.all(), pk=register)
    try:
        remove_source(actor=request.actor, gallery=gallery, register=row)
    except Fault as fault:
        messages.error(request, fault.message)
    else:
        messages.success(request, _("The gallery takes no more pictures of this register."))
    return redirect("gallery_sources", pk=pk)
