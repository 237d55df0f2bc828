"""Erasures: the wizard that says what will happen, how far it is, and the receipt."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actor import Actor
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.permissions import Permission
from galleries.access import erasure_for, require_receipts
from galleries.erasing.preview import (
    Preview,
    preview_of_gallery,
    preview_of_image,
    preview_of_probe,
    preview_of_subject,
)
from galleries.erasure_receipts import receipt_of
from galleries.forms_erasure import ErasureForm
from galleries.models import Erasure, ErasureTarget
from galleries.services.erasing import request_erasure, try_again
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches.access import gallery_or_404, image_or_404, needs, probe_for, subject_or_404
from searches.faults import Fault, message_of


@require_safe
def erasure_list(request: AgencyRequest) -> HttpResponse:
    require_receipts(request.actor)
    page = page_of(request, Erasure.objects.defer("document", "needles_sealed", "target_ids"))
    return render(request, "galleries/erasure_list.html", {"page": page})


@require_safe
def erasure_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    erasure = erasure_for(request.actor, pk)
    if not request.htmx:
        record(request.actor, Action.ERASURE_VIEWED, erasure)
    context = {"erasure": erasure, "failure": message_of(erasure.failure_code)}
    name = "_erasure_state.html" if request.htmx else "erasure.html"
    return render(request, f"galleries/{name}", context)


@require_safe
def erasure_receipt(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The receipt with its signature and the public key, to be kept and checked elsewhere."""
    erasure = erasure_for(request.actor, pk)
    if erasure.document is None:
        raise Http404("no receipt yet")
    name = f'attachment; filename="erasure-{erasure.pk}.json"'
    return JsonResponse(receipt_of(erasure), headers={"Content-Disposition": name})


@require_POST
@needs(Permission.ERASE)
def erasure_retry(request: AgencyRequest, pk: UUID) -> HttpResponse:
    erasure = erasure_for(request.actor, pk)
    try:
        try_again(actor=request.actor, erasure=erasure)
    except Fault as fault:
        context = {"erasure": erasure, "failure": fault.message}
        return render(request, "galleries/erasure.html", context, status=409)
    return redirect("erasure", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.ERASE)
@fresh
def erase(request: AgencyRequest, pk: UUID, target: ErasureTarget) -> HttpResponse:
    """What will happen, and the form that asks for it."""
    preview = PREVIEWS[target](request.actor, pk)
    form = ErasureForm(preview.word, request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            erasure = request_erasure(
                actor=request.actor,
                target=target,
                ids=preview.ids,
                cause=values["cause"],
                reason=values["reason"],
                submission_key=values["submission_key"],
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("erasure", pk=erasure.pk)
    context = {"form": form, "preview": preview, "back": BACK[target], "pk": pk}
    return render(request, "galleries/erase.html", context, status=422 if form.errors else 200)


PREVIEWS: dict[ErasureTarget, Callable[[Actor, UUID], Preview]] = {
    ErasureTarget.IMAGES: lambda actor, pk: preview_of_image(image_or_404(pk)),
    ErasureTarget.SUBJECTS: lambda actor, pk: preview_of_subject(subject_or_404(pk)),
    ErasureTarget.GALLERY: lambda actor, pk: preview_of_gallery(gallery_or_404(pk)),
    ErasureTarget.PROBE: lambda actor, pk: preview_of_probe(probe_for(actor, pk)),
}
# Where "cancel" leads; a picture is shown on its subject's page.
BACK = {
    ErasureTarget.IMAGES: "",
    ErasureTarget.SUBJECTS: "subject",
    ErasureTarget.GALLERY: "gallery",
    ErasureTarget.PROBE: "probe",
}
