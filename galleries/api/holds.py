"""Legal holds for programs: the list, a new one, the end of one."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.filters import YesNoFilter
from accounts.rest.views import AgencyApiView
from galleries.hold_list import HoldRow, rows_of
from galleries.models import HoldTarget, LegalHold
from galleries.services.holds import place_hold, release_hold
from galleries.views.holds import FOUND
from searches.services.case_notes import MAX_NOTE

REASON = "Court order 12/2026 of the district court"
RELATED = ("gallery", "subject", "image__subject")


class HoldSerializer(SparseSerializer):
    """`name` is of what is held, empty where it is erased; reasons only for who may read them."""

    id = serializers.UUIDField(source="hold.pk")
    target = serializers.ChoiceField(source="hold.target", choices=HoldTarget.choices)
    gallery = serializers.UUIDField(source="hold.gallery_id")
    subject = serializers.SerializerMethodField()
    image = serializers.UUIDField(source="hold.image_id", allow_null=True)
    name = serializers.CharField()
    reason = serializers.CharField()
    placed_by = serializers.CharField(source="hold.placed_by_label")
    placed_at = serializers.DateTimeField(source="hold.placed_at")
    release_reason = serializers.CharField()
    released_by = serializers.CharField(source="hold.released_by_label")
    released_at = serializers.DateTimeField(source="hold.released_at", allow_null=True)

    def get_subject(self, row: HoldRow) -> UUID | None:
        return row.subject.pk if row.subject else None


class NewHoldSerializer(serializers.Serializer[Any]):
    """`id` is that of the gallery, subject or image, with all that is in it."""

    target = serializers.ChoiceField(choices=HoldTarget.choices)
    id = serializers.UUIDField()
    reason = serializers.CharField(max_length=MAX_NOTE)


class ReleaseSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=MAX_NOTE)


class HoldFilter(filters.FilterSet):
    """`released`: false for those that stand, true for those that are over."""

    target = filters.ChoiceFilter(choices=HoldTarget.choices)
    gallery = filters.UUIDFilter(field_name="gallery_id")
    released = YesNoFilter(field_name="released_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = LegalHold
        fields = ("target", "gallery", "released")


class Holds(AgencyApiView):
    """Legal holds, newest first; standing and released."""

    requires = {"get": Permission.VIEW_GALLERIES, "post": Permission.MANAGE_GALLERIES}
    serializer_class = HoldSerializer
    filterset_class = HoldFilter
    ordering = ("-placed_at", "-pk")
    ordering_fields = ("placed_at",)

    def rows(self) -> QuerySet[LegalHold]:
        return LegalHold.objects.select_related(*RELATED)

    def shown(self, page: Any) -> Any:
        return rows_of(self.actor, page)

    @extend_schema(operation_id="holds_list", tags=["holds"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="holds_place",
        tags=["holds"],
        request=NewHoldSerializer,
        responses={201: HoldSerializer},
        examples=[
            OpenApiExample(
                "On a gallery",
                {
                    "target": "gallery",
                    "id": "5f0c2c62-3b0e-4f0a-9a3e-5b7d5a4c1e21",
                    "reason": REASON,
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Keep something until the hold is released, whatever expires and whoever erases."""
        said = self.asked(NewHoldSerializer)
        on = FOUND[HoldTarget(said["target"])](said["id"])
        key = self.submission_key()
        hold = place_hold(actor=self.actor, on=on, reason=said["reason"], submission_key=key)
        return self.told(rows_of(self.actor, [self.rows().get(pk=hold.pk)])[0], 201)


class HoldEnd(AgencyApiView):
    """Release a hold; it stays on the list with both reasons."""

    requires = {"post": Permission.MANAGE_GALLERIES}
    serializer_class = HoldSerializer

    @extend_schema(
        operation_id="holds_release",
        tags=["holds"],
        request=ReleaseSerializer,
        responses=HoldSerializer,
        examples=[OpenApiExample("Over", {"reason": "The order was lifted"}, request_only=True)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        hold = get_object_or_404(LegalHold.objects.all(), pk=pk)
        release_hold(actor=self.actor, hold=hold, **self.asked(ReleaseSerializer))
        found = LegalHold.objects.select_related(*RELATED).get(pk=pk)
        return self.told(rows_of(self.actor, [found])[0])
