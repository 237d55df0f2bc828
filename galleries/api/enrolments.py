"""Enrolments for programs: one picture handed in, and what became of it."""

from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from galleries.api.fields import RegisterField
from searches.access import enrolment_or_404, gallery_or_404
from searches.faults import Fault, PictureRefused, message_of
from searches.images import ImageRejected
from searches.models import Enrolment, JobState
from searches.quality_advice import advice_on_image, limits_of
from searches.services.enrolment import MAX_REFERENCE, Provenance, request_enrolment

EXAMPLE = OpenApiExample(
    "A picture",
    {"reference": "P-4711", "register": "Custody register", "collected_on": "2026-01-31"},
    media_type="multipart/form-data",
    request_only=True,
)


class EnrolmentSerializer(SparseSerializer):
    """`state` is `done` with an image, `failed` with a code, or `held` until a review decides."""

    id = serializers.UUIDField()
    gallery = serializers.UUIDField(source="gallery_id")
    reference = serializers.CharField()
    register = serializers.UUIDField(source="register_id")
    collected_on = serializers.DateField()
    state = serializers.ChoiceField(choices=JobState.choices)
    code = serializers.CharField(source="failure_code")
    detail = serializers.SerializerMethodField()
    image = serializers.UUIDField(source="image_id", allow_null=True)
    subject = serializers.SerializerMethodField()
    advice = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by_label")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_detail(self, enrolment: Enrolment) -> str:
        return message_of(enrolment.failure_code) if enrolment.failure_code else ""

    def get_subject(self, enrolment: Enrolment) -> UUID | None:
        subject: UUID | None = enrolment.image.subject_id if enrolment.image else None
        return subject

    def get_advice(self, enrolment: Enrolment) -> list[str]:
        image = enrolment.image
        words = advice_on_image(image, limits_of(enrolment.gallery)) if image else []
        return [str(one) for one in words]


class NewEnrolmentSerializer(serializers.Serializer[Any]):
    """One face, seen from the front; `reference` is the agency's own for the person."""

    picture = serializers.FileField(allow_empty_file=True)
    reference = serializers.CharField(max_length=MAX_REFERENCE)
    register = RegisterField()
    collected_on = serializers.DateField()

    def validate_collected_on(self, day: date) -> date:
        if day > timezone.localdate():
            raise Fault("collected_in_future")
        return day


class Enrolments(AgencyApiView):
    """Hand one picture in; a worker measures it and enrols, holds or rejects it."""

    requires = {"post": Permission.ENROL}
    serializer_class = EnrolmentSerializer
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="enrolments_request",
        tags=["images"],
        request={"multipart/form-data": NewEnrolmentSerializer},
        responses={201: EnrolmentSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        gallery, said = gallery_or_404(pk), self.asked(NewEnrolmentSerializer)
        try:
            made = request_enrolment(
                actor=self.actor,
                gallery=gallery,
                reference=said["reference"],
                provenance=Provenance(said["register"], said["collected_on"]),
                data=said["picture"].read(),
                submission_key=self.submission_key(),
            )
        except ImageRejected as rejected:
            raise PictureRefused(rejected) from rejected
        return self.told(made, 201, location=reverse("api_enrolment", args=[made.pk]))


class OneEnrolment(AgencyApiView):
    """What became of a picture that was handed in."""

    requires = {"get": Permission.ENROL}
    serializer_class = EnrolmentSerializer

    @extend_schema(operation_id="enrolments_get", tags=["images"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(enrolment_or_404(pk))
