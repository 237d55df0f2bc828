"""Subjects for programs: a gallery's list with its filters, one with pictures and history."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.paging import Pages
from accounts.rest.views import AgencyApiView
from galleries.api.image_answers import ImageSerializer
from galleries.services.moving import require_reviewer
from galleries.services.quality import choose_best
from galleries.subject_filter import HowMany
from galleries.subject_history import history_of
from galleries.subject_list import narrowed
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import gallery_or_404, image_or_404, subject_or_404
from searches.models import Subject
from searches.services.holding import known_subject
from searches.subject_page import image_rows


class ListedSubjectSerializer(SparseSerializer):
    """A subject as a list has it."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    created_at = serializers.DateTimeField()
    images = serializers.IntegerField(source="image_count")
    registers = serializers.SerializerMethodField()
    next_expiry = serializers.DateField(allow_null=True)
    best_image = serializers.UUIDField(source="best_image_id", allow_null=True)

    def get_registers(self, subject: Subject) -> list[str]:
        names: list[str] | None = subject.registers  # type: ignore[attr-defined]
        return sorted(names or [])


class ActSerializer(serializers.Serializer[Any]):
    """One act on the subject or a picture of it."""

    action = serializers.CharField()
    words = serializers.CharField()
    who = serializers.CharField()
    at = serializers.DateTimeField()


class SubjectSerializer(SparseSerializer):
    """A subject; `best_image` represents it, chosen by rule or, when pinned, by a person."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    gallery = serializers.UUIDField(source="gallery_id")
    created_at = serializers.DateTimeField()
    best_image = serializers.UUIDField(source="best_image_id", allow_null=True)
    best_is_pinned = serializers.BooleanField()
    images = ImageSerializer(source="image_rows", many=True)
    history = ActSerializer(many=True)


class BestSerializer(serializers.Serializer[Any]):
    """null gives the choice back to the rule."""

    image = serializers.UUIDField(allow_null=True)


class SubjectListFilter(filters.FilterSet):
    """The filters of a gallery's page; conditions about images have to hold for one and the same.

    `reference` is the whole reference; one of a subject that was merged leads to the other.
    """

    reference = filters.CharFilter(max_length=120, method="named")
    q = filters.CharFilter(max_length=120, method="as_on_the_page", label="The whole reference")
    register = filters.UUIDFilter(method="as_on_the_page")
    images = filters.ChoiceFilter(choices=HowMany.choices, method="as_on_the_page")
    expires_before = filters.DateFilter(method="as_on_the_page")
    enrolled_from = filters.DateFilter(method="as_on_the_page")
    enrolled_to = filters.DateFilter(method="as_on_the_page")

    class Meta:
        model = Subject
        fields = ()

    def named(self, rows: QuerySet[Subject], name: str, value: str) -> QuerySet[Subject]:
        known = known_subject(gallery_or_404(self._gallery()), value)
        return rows.filter(pk=known.pk) if known else rows.none()

    def as_on_the_page(self, rows: QuerySet[Subject], name: str, value: Any) -> QuerySet[Subject]:
        return rows  # all of them together, below

    def filter_queryset(self, queryset: QuerySet[Subject]) -> QuerySet[Subject]:
        return narrowed(super().filter_queryset(queryset), self.form.cleaned_data)

    def _gallery(self) -> UUID:
        request: Any = self.request
        found: UUID = request.parser_context["kwargs"]["pk"]
        return found


class SubjectPages(Pages):
    """Any number of subjects have as many images, or expire on one day: all of them are paged."""

    offset_cutoff = 10_000_000


class Subjects(AgencyApiView):
    """The subjects of a gallery, those enrolled last first."""

    requires = {"get": Permission.VIEW_GALLERIES}
    serializer_class = ListedSubjectSerializer
    pagination_class = SubjectPages
    filterset_class = SubjectListFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at", "first_expiry", "image_count")

    def rows(self) -> QuerySet[Subject]:
        return Subject.objects.all()

    @extend_schema(operation_id="subjects_list", tags=["subjects"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.listed(self.rows().filter(gallery=gallery_or_404(pk)))


class _One(AgencyApiView):
    serializer_class = SubjectSerializer

    def as_it_is(self, subject: Subject) -> Response:
        subject.image_rows = image_rows(subject)  # type: ignore[attr-defined]
        subject.history = history_of(subject)  # type: ignore[attr-defined]
        return self.told(subject)


class OneSubject(_One):
    """A subject with its pictures and what was done with them; that it was looked at is recorded.

    The id of a subject that was merged into another leads to the other.
    """

    requires = {"get": Permission.VIEW_GALLERIES}

    @extend_schema(operation_id="subjects_get", tags=["subjects"])
    def get(self, request: Request, pk: UUID) -> Response:
        subject = subject_or_404(pk)
        facts = {"gallery": str(subject.gallery_id)}
        record(self.actor, Action.SUBJECT_VIEWED, subject, facts)
        return self.as_it_is(subject)


class BestImage(_One):
    """Have a picture represent the subject. For whoever enrols or manages galleries."""

    requires = {"post": Permission.VIEW_GALLERIES}

    @extend_schema(
        operation_id="subjects_choose_best",
        tags=["subjects"],
        request=BestSerializer,
        responses=SubjectSerializer,
        examples=[OpenApiExample("By the rule again", {"image": None}, request_only=True)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        require_reviewer(self.actor)
        subject, chosen = subject_or_404(pk), self.asked(BestSerializer)["image"]
        image = image_or_404(chosen) if chosen else None
        choose_best(actor=self.actor, subject=subject, image=image)
        return self.as_it_is(subject_or_404(pk))
