"""May this request have this object: another agency's is 404, a missing right is 403."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from accounts.guards import needs
from searches.models import Case, Enrolment, FaceImage, Gallery, Probe, Search, Subject

__all__ = [
    "case_or_404",
    "enrolment_or_404",
    "gallery_or_404",
    "image_or_404",
    "needs",
    "probe_or_404",
    "search_or_404",
    "subject_or_404",
]


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
