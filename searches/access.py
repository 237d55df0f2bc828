"""May this request have this object: another agency's is 404, a missing right is 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from searches.models import Case, Enrolment, FaceImage, Gallery, Probe, Search, Subject

View = Callable[..., HttpResponse]


def needs(permission: Permission) -> Callable[[View], View]:
    """A view that only people with this permission reach."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: AgencyRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.actor.require(permission)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def case_or_404(pk: UUID) -> Case:
    return get_object_or_404(Case.objects.all(), pk=pk)


def probe_or_404(pk: UUID) -> Probe:
    return get_object_or_404(Probe.objects.select_related("case"), pk=pk)


def search_or_404(pk: UUID) -> Search:
    return get_object_or_404(Search.objects.select_related("case", "probe"), pk=pk)


def gallery_or_404(pk: UUID) -> Gallery:
    return get_object_or_404(Gallery.objects.all(), pk=pk)


def subject_or_404(pk: UUID) -> Subject:
    return get_object_or_404(Subject.objects.select_related("gallery"), pk=pk)


def image_or_404(pk: UUID) -> FaceImage:
    return get_object_or_404(FaceImage.objects.all(), pk=pk)


def enrolment_or_404(pk: UUID) -> Enrolment:
    return get_object_or_404(Enrolment.objects.select_related("gallery", "image"), pk=pk)
