"""How similar strangers are in a gallery: what was measured, measuring anew, the threshold."""

import uuid
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.forms_scores import MeasureForm, ThresholdForm
from galleries.score_page import earlier, error_rates, measurement_page, under_way
from galleries.services.score_measuring import request_measurement
from galleries.services.score_thresholds import wish_rate
from searches.access import gallery_or_404
from searches.faults import Fault
from searches.models import Gallery


@require_safe
@needs(Permission.VIEW_GALLERIES)
def gallery_scores(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    return _page(request, gallery, _measure_form(gallery), _threshold_form(gallery))


@require_POST
@needs(Permission.MANAGE_GALLERIES)
def gallery_scores_measure(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    form = MeasureForm(gallery, request.POST)
    if form.is_valid():
        try:
            request_measurement(
                actor=request.actor,
                gallery=gallery,
                source_gallery=form.cleaned_data["source"],
                submission_key=form.cleaned_data["submission_key"],
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("gallery_scores", pk=gallery.pk)
    return _page(request, gallery, form, _threshold_form(gallery), status=422)


@require_POST
@needs(Permission.MANAGE_GALLERIES)
def gallery_scores_threshold(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    form = ThresholdForm(request.POST)
    if form.is_valid():
        wish_rate(actor=request.actor, gallery=gallery, rate=form.rate)
        return redirect("gallery_scores", pk=gallery.pk)
    return _page(request, gallery, _measure_form(gallery), form, status=422)


def _measure_form(gallery: Gallery) -> MeasureForm:
    return MeasureForm(gallery, initial={"submission_key": uuid.uuid4()})


def _threshold_form(gallery: Gallery) -> ThresholdForm:
    wished = gallery.wished_fpir
    return ThresholdForm(initial={"one_in": None if wished is None else round(1 / wished)})


def _page(
    request: AgencyRequest,
    gallery: Gallery,
    measure_form: MeasureForm,
    threshold_form: ThresholdForm,
    status: int = 200,
) -> HttpResponse:
    context = {
        "gallery": gallery,
        "shown": measurement_page(gallery),
        "under_way": under_way(gallery),
        "earlier": earlier(gallery),
        "error_rates": error_rates(gallery),
        "measure_form": measure_form,
        "threshold_form": threshold_form,
    }
    return render(request, "galleries/scores.html", context, status=status)
