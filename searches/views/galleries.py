"""Galleries, subjects, and the enrolment of one picture."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from accounts.usage import allowance
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches import queries
from searches.access import enrolment_or_404, gallery_or_404, needs, subject_or_404
from searches.faults import Fault, message_of, rejection_message
from searches.forms import EnrolForm, GalleryForm
from searches.images import ImageRejected
from searches.models import Gallery
from searches.quality_advice import advice_on_image, limits_of
from searches.services.enrolment import Provenance, request_enrolment
from searches.services.galleries import create_gallery
from searches.subject_page import image_rows


@require_safe
@needs(Permission.VIEW_GALLERIES)
def gallery_list(request: AgencyRequest) -> HttpResponse:
    page = page_of(request, queries.galleries())
    return render(request, "searches/gallery_list.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def gallery_new(request: AgencyRequest) -> HttpResponse:
    form = GalleryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            gallery = create_gallery(actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("gallery", pk=gallery.pk)
    status = 422 if form.errors else 200
    return render(request, "searches/gallery_new.html", {"form": form}, status=status)


@require_safe
@needs(Permission.VIEW_GALLERIES)
def gallery_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    text = request.GET.get("q", "").strip()
    page = page_of(request, queries.subjects(gallery, text), size=48)
    counted = queries.galleries().get(pk=gallery.pk)
    context = {"gallery": counted, "page": page, "q": text}
    return render(request, "searches/gallery.html", context)


@require_safe
@needs(Permission.VIEW_GALLERIES)
def subject_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    subject = subject_or_404(pk)
    record(request.actor, Action.SUBJECT_VIEWED, subject, {"gallery": str(subject.gallery_id)})
    context = {"subject": subject, "images": image_rows(subject)}
    return render(request, "searches/subject.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.ENROL)
def enrolment_new(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    usual = {"reference": request.GET.get("reference", "")}
    form = EnrolForm(gallery, request.POST or None, request.FILES or None, initial=usual)
    if request.method == "POST" and form.is_valid():
        enrolment = _request(request, gallery, form)
        if enrolment is not None:
            return redirect("enrolment", pk=enrolment)
    context = {"form": form, "gallery": gallery, "allowance": allowance(request.actor.agency)}
    status = 422 if form.errors else 200
    return render(request, "searches/enrolment_new.html", context, status=status)


def _request(request: AgencyRequest, gallery: Gallery, form: EnrolForm) -> UUID | None:
    values = form.cleaned_data
    try:
        enrolment = request_enrolment(
            actor=request.actor,
            gallery=gallery,
            reference=values["reference"],
            provenance=Provenance(values["register"], values["collected_on"]),
            data=values["picture"].read(),
            submission_key=values["submission_key"],
        )
    except ImageRejected as rejected:
        form.add_error("picture", ValidationError(rejection_message(rejected), rejected.code))
    except Fault as fault:
        form.add_error(None, fault.as_validation_error())
    else:
        return enrolment.pk
    return None


@require_safe
@needs(Permission.ENROL)
def enrolment_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    enrolment = enrolment_or_404(pk)
    image = enrolment.image
    context = {
        "enrolment": enrolment,
        "failure": message_of(enrolment.failure_code),
        "advice": advice_on_image(image, limits_of(enrolment.gallery)) if image else [],
    }
    name = "_enrolment_state.html" if request.htmx else "enrolment.html"
    return render(request, f"searches/{name}", context)
