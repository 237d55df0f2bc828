"""Runs of the retention for programs: what each removed, and its signed receipt."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.filters import YesNoFilter
from accounts.rest.views import AgencyApiView
from galleries.access import RECEIPTS, retention_run_for
from galleries.api.erasure_answers import ReceiptSerializer
from galleries.models import RetentionRun
from galleries.run_receipts import galleries_of, is_genuine, receipt_of
from galleries.services.retention import run_by_hand


class RunSerializer(SparseSerializer):
    """`held` are pictures and probes whose time is over and that a hold keeps."""

    id = serializers.UUIDField()
    day = serializers.DateField()
    at = serializers.DateTimeField()
    by_hand = serializers.BooleanField()
    started_by = serializers.CharField(source="started_by_label")
    images = serializers.IntegerField()
    probes = serializers.IntegerField()
    held = serializers.IntegerField()
    shortened = serializers.IntegerField()
    erasures = serializers.ListField(child=serializers.UUIDField())


class ShareSerializer(serializers.Serializer[Any]):
    """How many pictures went of one gallery and register; erased ones have no name."""

    gallery = serializers.CharField()
    register = serializers.CharField()
    images = serializers.IntegerField()


class OneRunSerializer(RunSerializer):
    """`is_genuine`: whether the receipt is what this installation signed."""

    galleries = serializers.SerializerMethodField()
    is_genuine = serializers.SerializerMethodField()

    @extend_schema_field(ShareSerializer(many=True))
    def get_galleries(self, run: RetentionRun) -> list[dict[str, Any]]:
        return [
            {"gallery": gallery, "register": register, "images": images}
            for gallery, register, images in galleries_of(run)
        ]

    def get_is_genuine(self, run: RetentionRun) -> bool:
        return is_genuine(run)


class RunReceiptSerializer(ReceiptSerializer):
    sha256 = serializers.CharField()


class RunFilter(filters.FilterSet):
    day = filters.DateFromToRangeFilter()
    by_hand = YesNoFilter()

    class Meta:
        model = RetentionRun
        fields = ("day", "by_hand")


class Runs(AgencyApiView):
    """Runs of the retention, newest first. For whoever erases or reads the record."""

    requires = {"get": RECEIPTS, "post": Permission.ERASE}
    serializer_class = RunSerializer
    filterset_class = RunFilter
    ordering = ("-at", "-pk")
    ordering_fields = ("at",)

    def rows(self) -> QuerySet[RetentionRun]:
        return RetentionRun.objects.defer("document")

    @extend_schema(operation_id="retention_runs_list", tags=["retention"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="retention_runs_start",
        tags=["retention"],
        request=None,
        responses={201: RunSerializer},
    )
    def post(self, request: Request) -> Response:
        """Remove now what has expired. It cannot be taken back."""
        key = self.submission_key()
        run = run_by_hand(actor=self.actor, agency=self.agency, submission_key=key)
        return self.told(run, 201, location=reverse("api_retention_run", args=[run.pk]))


class OneRun(AgencyApiView):
    """What one run removed, by gallery and register; each erasure has a receipt of its own."""

    requires = {"get": RECEIPTS}
    serializer_class = OneRunSerializer

    @extend_schema(operation_id="retention_runs_get", tags=["retention"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(retention_run_for(self.actor, pk))


class RunReceipt(AgencyApiView):
    """The receipt with its signature and the public key, to be kept and checked elsewhere."""

    requires = {"get": RECEIPTS}
    serializer_class = RunReceiptSerializer

    @extend_schema(operation_id="retention_runs_receipt", tags=["retention"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(receipt_of(retention_run_for(self.actor, pk)))
