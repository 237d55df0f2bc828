"""Quality settings of a gallery, its hygiene report, and the picture that represents a subject."""

import uuid
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.forms_quality import QualityForm
from galleries.hygiene_page import report_of
from galleries.models import HygieneRun
from galleries.review_queries import open_by_kind, unchecked_images
from galleries.services.hygiene import request_hygiene
from galleries.services.moving import require_reviewer
from galleries.services.quality import change_quality, choose_best
from searches.access import gallery_or_404, image_or_404, subject_or_404
from searches.faults import Fault


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def gallery_quality(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    form = QualityForm(gallery, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_quality(
                actor=request.actor,
                gallery=gallery,
                duplicate_check=form.cleaned_data["duplicate_check"],
                duplicate_similarity=form.cleaned_data["duplicate_similarity"],
                limits=form.limits(),
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("gallery", pk=gallery.pk)
    context = {"gallery": gallery, "form": form, "unchecked": unchecked_images(gallery)}
    status = 422 if form.errors else 200
    return render(request, "galleries/quality.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_GALLERIES)
def gallery_hygiene(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery, problem = gallery_or_404(pk), None
    if request.method == "POST":
        try:
            key = _key(request.POST.get("submission_key", ""))
            request_hygiene(actor=request.actor, gallery=gallery, submission_key=key)
        except Fault as fault:
            problem = fault
        else:
            return redirect("gallery_hygiene", pk=gallery.pk)
    run = HygieneRun.objects.filter(gallery=gallery).first()
    context = {
        "gallery": gallery,
        "run": run,
        "report": report_of(run, open_by_kind(gallery)),
        "unchecked": unchecked_images(gallery),
        "problem": problem,
        "key": uuid.uuid4(),
    }
    name = "_hygiene_state.html" if request.htmx else "hygiene.html"
    return render(request, f"galleries/{name}", context, status=422 if problem else 200)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid.uuid4()


@require_POST
@needs(Permission.VIEW_GALLERIES)
def subject_best(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Pin a picture of a subject, or give the choice back to the rule (no picture named)."""
    require_reviewer(request.actor)
    subject = subject_or_404(pk)
    named = request.POST.get("image", "")
    try:
        image = image_or_404(UUID(named)) if named else None
        choose_best(actor=request.actor, subject=subject, image=image)
    except (Fault, ValueError):
        return redirect("subject", pk=subject.pk)
    return redirect("subject", pk=subject.pk)
