"""A subject with all its images, and a gallery's list of subjects as a file."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.billing_csv import csv_answer
from accounts.http import AgencyRequest
from accounts.licensing import local_day
from accounts.permissions import Permission
from galleries.subject_export import COLUMNS, cells_of
from galleries.subject_filter import SubjectFilter
from galleries.subject_history import history_of
from galleries.subject_list import subjects_of
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import gallery_or_404, needs, subject_or_404
from searches.subject_page import image_rows


@require_safe
@needs(Permission.VIEW_GALLERIES)
def subject_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    subject = subject_or_404(pk)
    record(request.actor, Action.SUBJECT_VIEWED, subject, {"gallery": str(subject.gallery_id)})
    context = {
        "subject": subject,
        "images": image_rows(subject),
        "history": history_of(subject),
        "today": timezone.localdate(),
    }
    return render(request, "galleries/subject.html", context)


@require_safe
@needs(Permission.MANAGE_GALLERIES)
def subjects_export(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The subjects that the filters choose as CSV, the first enrolled first."""
    gallery = gallery_or_404(pk)
    form = SubjectFilter(gallery, request.GET)
    if not form.is_valid():
        return redirect("gallery", pk=pk)
    found = subjects_of(gallery, form.cleaned_data).order_by("created_at", "pk")
    facts = {"filters": form.given(), "rows": found.count()}
    record(request.actor, Action.SUBJECTS_EXPORTED, gallery, facts)
    today = local_day(timezone.now(), request.agency.time_zone)
    name = f"subjects-{request.agency.slug}-{today.isoformat()}"
    return csv_answer(name, COLUMNS, (cells_of(subject) for subject in found.iterator()))
