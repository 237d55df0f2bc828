"""Transparency reports: the list, a new one, and one with its tables."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from oversight.forms_transparency import period_form
from oversight.models import PeriodKind, TransparencyReport
from oversight.services.transparency import (
    make_report,
    obstacle,
)
from oversight.transparency import files, showing
from oversight.transparency.making import INTERNAL, PUBLIC
from oversight.views.transparency import report_or_404


class ReportSerializer(SparseSerializer):
    """`published_at` stays when a report is withdrawn."""

    id = serializers.UUIDField()
    first = serializers.DateField(source="first_day")
    last = serializers.DateField(source="last_day")
    period = serializers.ChoiceField(source="kind", choices=PeriodKind.choices)
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(source="made_by_label")
    published_at = serializers.DateTimeField(allow_null=True)
    published_by = serializers.CharField(source="published_by_label")
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_by = serializers.CharField(source="withdrawn_by_label")


class WholeReportSerializer(ReportSerializer):
    """`document` is the one for `audience`: in full for readers of the record alone.

    `obstacle` is a code that says why it cannot be published now. docs/transparency.md describes
    the document.
    """

    obstacle = serializers.SerializerMethodField()
    audience = serializers.SerializerMethodField()
    document = serializers.SerializerMethodField()

    def get_obstacle(self, report: TransparencyReport) -> str:
        return "" if report.is_public else obstacle(report)

    def get_audience(self, report: TransparencyReport) -> str:
        may_read = self.context["view"].actor.can(Permission.VIEW_RECORD)
        return INTERNAL if may_read else PUBLIC

    def get_document(self, report: TransparencyReport) -> dict[str, Any]:
        return showing.parsed(files.document_text(report, self.get_audience(report)))


class NewReportSerializer(serializers.Serializer[Any]):
    """A calendar period as 2026, 2026-Q3 or 2026-11; or `any` with two days."""

    period = serializers.CharField(max_length=10)
    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)


class Reports(AgencyApiView):
    """The reports that were made, the latest first."""

    requires = {"get": Permission.VIEW_TRANSPARENCY, "post": Permission.VIEW_TRANSPARENCY}
    serializer_class = ReportSerializer
    ordering = ("-made_at", "-pk")
    ordering_fields = ("made_at", "last_day")

    def rows(self) -> QuerySet[TransparencyReport]:
        return TransparencyReport.objects.defer("document", "public_document")

    @extend_schema(operation_id="transparency_list", tags=["transparency"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="transparency_make",
        tags=["transparency"],
        request=NewReportSerializer,
        responses={201: ReportSerializer},
        examples=[OpenApiExample("A month", {"period": "2026-11"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Count the record of a period, up to a head that is signed now."""
        form = period_form(self.agency, self.asked(NewReportSerializer))
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        report = make_report(actor=self.actor, period=form.chosen())
        address = reverse("api_transparency_report", args=[report.pk])
        return self.told(report, 201, location=address)


class OneReport(AgencyApiView):
    """One report with its tables."""

    requires = {"get": Permission.VIEW_TRANSPARENCY}
    serializer_class = WholeReportSerializer

    @extend_schema(operation_id="transparency_get", tags=["transparency"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(report_or_404(pk))
