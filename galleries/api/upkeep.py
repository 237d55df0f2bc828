"""Upkeep of galleries for programs: how long pictures are kept, and hygiene runs."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from galleries.api.fields import require_confirmed
from galleries.hygiene_page import report_of
from galleries.models import HygieneRun
from galleries.review_queries import open_by_kind, unchecked_images
from galleries.services.hygiene import request_hygiene
from galleries.services.retention_rules import MOST_DAYS, change_retention, expiring_at_once
from searches.access import gallery_or_404
from searches.models import Gallery, JobState
from searches.services.case_notes import MAX_NOTE


class RuleSerializer(serializers.Serializer[Any]):
    """`lengthen` keeps the pictures that are there longer as well, and needs a reason.

    `confirmed`: pictures that are older than that may go with the next run.
    """

    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS)
    lengthen = serializers.BooleanField(required=False, default=False)
    reason = serializers.CharField(
        max_length=MAX_NOTE, required=False, allow_blank=True, default=""
    )
    confirmed = serializers.BooleanField(required=False, default=False)


class RuleChangedSerializer(SparseSerializer):
    """`images` is of how many pictures the day of expiry has changed."""

    days = serializers.IntegerField()
    images = serializers.IntegerField()


class Rule(AgencyApiView):
    """Give a gallery another rule of retention."""

    requires = {"post": Permission.MANAGE_GALLERIES}
    serializer_class = RuleChangedSerializer

    @extend_schema(
        operation_id="galleries_change_retention",
        tags=["retention"],
        request=RuleSerializer,
        responses=RuleChangedSerializer,
        examples=[OpenApiExample("A year", {"days": 365}, request_only=True)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        gallery, said = gallery_or_404(pk), self.asked(RuleSerializer)
        at_once = expiring_at_once(gallery, said["days"])
        require_confirmed(said.pop("confirmed"), at_once)
        changed = change_retention(actor=self.actor, gallery=gallery, **said)
        return self.told({"days": said["days"], "images": changed})


class FindingsSerializer(serializers.Serializer[Any]):
    """Findings of one kind: all that the run found, and those that wait for a decision."""

    kind = serializers.CharField()
    found = serializers.IntegerField()
    open = serializers.IntegerField()
    threshold = serializers.FloatField(allow_null=True)


class HygieneSerializer(SparseSerializer):
    """The latest run, all of it null before there was one; `compared` of `total` pictures."""

    id = serializers.UUIDField(source="run.pk", allow_null=True, default=None)
    state = serializers.ChoiceField(
        source="run.state", choices=JobState.choices, allow_null=True, default=None
    )
    code = serializers.CharField(source="run.failure_code", allow_null=True, default=None)
    compared = serializers.IntegerField(source="run.compared", allow_null=True, default=None)
    total = serializers.IntegerField(source="run.total", allow_null=True, default=None)
    created_at = serializers.DateTimeField(source="run.created_at", allow_null=True, default=None)
    finished_at = serializers.DateTimeField(source="run.finished_at", allow_null=True, default=None)
    unchecked = serializers.IntegerField()
    report = FindingsSerializer(many=True)


class Hygiene(AgencyApiView):
    """The hygiene report of a gallery: what the latest run found, and what is still open."""

    requires = {"get": Permission.VIEW_GALLERIES, "post": Permission.MANAGE_GALLERIES}
    serializer_class = HygieneSerializer

    @extend_schema(operation_id="hygiene_get", tags=["reviews"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self._as_it_is(gallery_or_404(pk))

    @extend_schema(
        operation_id="hygiene_request",
        tags=["reviews"],
        request=None,
        responses={201: HygieneSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Have all pictures compared with each other; findings come into the review queue."""
        gallery, key = gallery_or_404(pk), self.submission_key()
        request_hygiene(actor=self.actor, gallery=gallery, submission_key=key)
        return self._as_it_is(gallery, 201)

    def _as_it_is(self, gallery: Gallery, status: int = 200) -> Response:
        run = HygieneRun.objects.filter(gallery=gallery).first()
        told = {
            "run": run,
            "unchecked": unchecked_images(gallery),
            "report": report_of(run, open_by_kind(gallery)),
        }
        return self.told(told, status)
