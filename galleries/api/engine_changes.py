"""Changes of engine for programs: the engines, the changes of a gallery, one with its progress."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from galleries.api.engine_change_answers import (
    ChangeSerializer,
    EngineSerializer,
    NewChangeSerializer,
    OneChangeSerializer,
    RejectionSerializer,
)
from galleries.engine_change_page import change_or_404
from galleries.engine_change_queries import offers, rejections
from galleries.models import ChangeStage, EngineChange, EngineChangeRejection
from galleries.services.engine_changes import start_change
from searches.access import gallery_or_404


class Engines(AgencyApiView):
    """The engines of the installation, as ones to which the gallery may change."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    serializer_class = EngineSerializer

    @extend_schema(
        operation_id="engines_list",
        tags=["engines"],
        responses=EngineSerializer(many=True),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        found = offers(gallery_or_404(pk))
        return Response(self.get_serializer(found, many=True).data)


class ChangeFilter(filters.FilterSet):
    stage = filters.MultipleChoiceFilter(choices=ChangeStage.choices)

    class Meta:
        model = EngineChange
        fields = ("stage",)


class Changes(AgencyApiView):
    """The changes of engine of a gallery, newest first; one at most is open."""

    requires = {"get": Permission.MANAGE_GALLERIES, "post": Permission.MANAGE_GALLERIES}
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    ordering = ("-started_at", "-pk")
    ordering_fields = ("started_at",)

    def rows(self) -> QuerySet[EngineChange]:
        return EngineChange.objects.select_related("from_contract", "to_contract")

    @extend_schema(operation_id="engine_changes_list", tags=["engines"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.listed(self.rows().filter(gallery=gallery_or_404(pk)))

    @extend_schema(
        operation_id="engine_changes_start",
        tags=["engines"],
        request=NewChangeSerializer,
        responses={201: ChangeSerializer},
        examples=[
            OpenApiExample(
                "At most 600 pictures a minute",
                {"contract": f"candor-ec1-sha256:{'4a' * 32}", "throttle": 600},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Have the gallery's pictures embedded anew; searches go on as before until a cut-over."""
        gallery, said = gallery_or_404(pk), self.asked(NewChangeSerializer)
        change = start_change(
            actor=self.actor,
            gallery=gallery,
            contract_id=said["contract"],
            throttle=said["throttle"],
        )
        return self.told(change, 201, location=reverse("api_engine_change", args=[change.pk]))


class OneChange(AgencyApiView):
    """How far a change of engine is, and what may be asked for next."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    serializer_class = OneChangeSerializer

    @extend_schema(operation_id="engine_changes_get", tags=["engines"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(change_or_404(pk))


class RejectionFilter(filters.FilterSet):
    code = filters.CharFilter()

    class Meta:
        model = EngineChangeRejection
        fields = ("code",)


class Rejections(AgencyApiView):
    """The pictures that the new engine rejects, each with a code and words."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    serializer_class = RejectionSerializer
    filterset_class = RejectionFilter
    ordering = ("at", "pk")
    ordering_fields = ("at",)

    @extend_schema(operation_id="engine_changes_rejected", tags=["engines"])
    def get(self, request: Request, pk: UUID) -> Response:
        change = change_or_404(pk)
        return self.listed(rejections(change, change.to_contract))
