"""Galleries: the list, a new one, and what is in one."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.forms_sources import GalleryForm
from galleries.gallery_cards import cards_for
from galleries.holdings import holdings_of
from galleries.register_list import ending_soon
from galleries.services.sources import open_gallery
from galleries.subject_filter import SubjectFilter
from galleries.subject_list import page_of_subjects
from portal.paging import page_of
from searches import queries
from searches.access import gallery_or_404, needs
from searches.gallery_versions import changed_at, version_of
from searches.models import Gallery, Subject
from searches.scan.shown import comparison_of


@require_safe
@needs(Permission.VIEW_GALLERIES)
def gallery_list(request: AgencyRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    context = {
        "page": page_of(request, queries.galleries(text)),
        "q": text,
        "ending": ending_soon(),
        "today": timezone.localdate(),
    }
    return render(request, "galleries/gallery_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def gallery_new(request: AgencyRequest) -> HttpResponse:
    form = GalleryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            gallery = open_gallery(
                actor=request.actor,
                name=values["name"],
                retention_days=values["retention_days"],
                register=form.chosen(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("gallery", pk=gallery.pk)
    status = 422 if form.errors else 200
    return render(request, "galleries/gallery_new.html", {"form": form}, status=status)


@require_safe
@needs(Permission.VIEW_GALLERIES)
def gallery_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    form = SubjectFilter(gallery, request.GET)
    valid = form.is_valid()
    context = {
        "gallery": gallery,
        "form": form,
        "filtered": valid and bool(form.given()),
        "page": _page(gallery, form) if valid else None,
        "cards": cards_for(request.actor, gallery),
        **_facts(gallery),
    }
    status = 200 if valid else 422
    return render(request, "galleries/gallery.html", context, status=status)


def _page(gallery: Gallery, form: SubjectFilter) -> Any:
    values = form.cleaned_data
    return page_of_subjects(gallery, values, after=values["after"], before=values["before"])


def _facts(gallery: Gallery) -> dict[str, Any]:
    """What is in it, and its version with the moment from which it is that."""
    return {
        "version": version_of(gallery.pk),
        "changed_at": changed_at(gallery.pk),
        "holdings": holdings_of(gallery),
        "comparison": comparison_of(gallery),
        "subject_count": Subject.objects.filter(gallery=gallery).count(),
    }
