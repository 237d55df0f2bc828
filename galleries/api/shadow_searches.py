"""Shadow searches for programs: asked for, watched, and their report."""

from typing import Any
from uuid import UUID

import rfc8785
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.media import FileNegotiation
from accounts.rest.views import AgencyApiView
from galleries.engine_change_page import change_or_404, shadow_or_404
from galleries.models import ShadowSearch
from galleries.models.shadow_search import MOST_SEARCHES
from galleries.services.shadow_searching import request_shadow_search
from galleries.shadow_report import digest_of
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import message_of
from searches.models import JobState


class ShadowSerializer(SparseSerializer):
    """A comparison of the two engines; `done` of `searches` pictures were searched for."""

    id = serializers.UUIDField()
    change = serializers.UUIDField(source="change_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    code = serializers.CharField(source="failure_code")
    detail = serializers.SerializerMethodField()
    searches = serializers.IntegerField(source="drawn")
    done = serializers.IntegerField(source="position")
    requested_by = serializers.CharField(source="requested_by_label")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_detail(self, shadow: ShadowSearch) -> str:
        return message_of(shadow.failure_code) if shadow.failure_code else ""


class OneShadowSerializer(ShadowSerializer):
    """`report` is null until it is done: docs/engines.md says what stands in it."""

    report = serializers.DictField(allow_null=True)


class NewShadowSerializer(serializers.Serializer[Any]):
    """For so many enrolled pictures, of subjects with at least two."""

    searches = serializers.IntegerField(
        min_value=1, max_value=MOST_SEARCHES, required=False, default=200
    )


class ShadowFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=JobState.choices)

    class Meta:
        model = ShadowSearch
        fields = ("state",)


class ShadowSearches(AgencyApiView):
    """The comparisons of a change of engine, newest first."""

    requires = {"get": Permission.MANAGE_GALLERIES, "post": Permission.MANAGE_GALLERIES}
    serializer_class = ShadowSerializer
    filterset_class = ShadowFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at",)

    def rows(self) -> QuerySet[ShadowSearch]:
        return ShadowSearch.objects.defer("results", "report")

    @extend_schema(operation_id="shadow_searches_list", tags=["engines"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.listed(self.rows().filter(change=change_or_404(pk)))

    @extend_schema(
        operation_id="shadow_searches_request",
        tags=["engines"],
        request=NewShadowSerializer,
        responses={201: ShadowSerializer},
        examples=[OpenApiExample("200 pictures", {"searches": 200}, request_only=True)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Search for enrolled pictures under both engines; nobody's search is touched."""
        change, said = change_or_404(pk), self.asked(NewShadowSerializer)
        key = self.submission_key()
        made = request_shadow_search(actor=self.actor, change=change, submission_key=key, **said)
        return self.told(made, 201, location=reverse("api_shadow_search", args=[made.pk]))


def _facts(shadow: ShadowSearch) -> dict[str, str]:
    return {"gallery": str(shadow.change.gallery_id), "change": str(shadow.change_id)}


class OneShadow(AgencyApiView):
    """How far a comparison is, and its report; that the report was looked at is recorded."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    serializer_class = OneShadowSerializer

    @extend_schema(operation_id="shadow_searches_get", tags=["engines"])
    def get(self, request: Request, pk: UUID) -> Response:
        shadow = shadow_or_404(pk)
        if shadow.report is not None:
            record(self.actor, Action.ENGINE_CHANGE_REPORT_VIEWED, shadow, _facts(shadow))
        return self.told(shadow)


class ShadowReport(AgencyApiView):
    """The report as the record has its SHA-256: RFC 8785 JSON. 404 until there is one; recorded."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="shadow_searches_report",
        tags=["engines"],
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        shadow = shadow_or_404(pk)
        if shadow.report is None:
            raise Http404
        facts = {"sha256": digest_of(shadow.report)} | _facts(shadow)
        record(self.actor, Action.ENGINE_CHANGE_REPORT_DOWNLOADED, shadow, facts)
        name = f'attachment; filename="shadow-search-{shadow.pk}.json"'
        return HttpResponse(
            rfc8785.dumps(shadow.report),
            content_type="application/json",
            headers={"Content-Disposition": name},
        )
