"""Legal holds: all of them, a new one, the end of one."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.forms_retention import HoldForm, ReleaseForm
from galleries.hold_list import found_holds, holds_of, may_read, rows_of
from galleries.models import HoldTarget, LegalHold
from galleries.services.holds import Held, place_hold, release_hold
from portal.paging import page_of
from searches.access import gallery_or_404, image_or_404, needs, subject_or_404
from searches.faults import Fault


@require_safe
@needs(Permission.VIEW_GALLERIES)
def hold_list(request: AgencyRequest) -> HttpResponse:
    """The standing holds, or with ?show=released those that are over."""
    released = request.GET.get("show") == "released"
    page = page_of(request, found_holds(released=released))
    context = {
        "page": page,
        "rows": rows_of(request.actor, list(page)),
        "released": released,
        "reads": may_read(request.actor),
    }
    return render(request, "galleries/hold_list.html", context)


def _gallery(pk: UUID) -> Held:
    return Held(HoldTarget.GALLERY, gallery_or_404(pk))


def _subject(pk: UUID) -> Held:
    subject = subject_or_404(pk)
    return Held(HoldTarget.SUBJECT, subject.gallery, subject=subject)


def _image(pk: UUID) -> Held:
    image = image_or_404(pk)
    return Held(HoldTarget.IMAGE, image.gallery, image=image)


FOUND: dict[HoldTarget, Callable[[UUID], Held]] = {
    HoldTarget.GALLERY: _gallery,
    HoldTarget.SUBJECT: _subject,
    HoldTarget.IMAGE: _image,
}


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def hold_new(request: AgencyRequest, pk: UUID, target: HoldTarget) -> HttpResponse:
    on = FOUND[target](pk)
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            place_hold(actor=request.actor, on=on, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("holds")
    subject = on.image.subject if on.image else on.subject
    standing = list(holds_of(subject)) if subject else list(_on_gallery(on))
    context = {"form": form, "on": on, "subject": subject}
    context["rows"] = rows_of(request.actor, standing)
    return render(request, "galleries/hold_new.html", context, status=422 if form.errors else 200)


def _on_gallery(on: Held) -> list[LegalHold]:
    rows = found_holds(released=False)
    return list(rows.filter(target=HoldTarget.GALLERY, gallery=on.gallery))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def hold_release(request: AgencyRequest, pk: UUID) -> HttpResponse:
    holds = LegalHold.objects.select_related("gallery", "subject", "image__subject")
    hold = get_object_or_404(holds, pk=pk)
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            release_hold(actor=request.actor, hold=hold, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("holds")
    context = {"form": form, "row": rows_of(request.actor, [hold])[0]}
    return render(
        request, "galleries/hold_release.html", context, status=422 if form.errors else 200
    )
