"""Transparency reports: the list, a new one, one with its tables, its files, publishing."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.faults import Fault
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.media import FileNegotiation
from accounts.rest.problems import Problem
from accounts.rest.views import AgencyApiView
from oversight.forms_transparency import period_form
from oversight.models import PeriodKind, TransparencyReport
from oversight.services.transparency import (
    hand_out,
    make_report,
    obstacle,
    publish_report,
    withdraw_report,
)
from oversight.transparency import files, showing
from oversight.transparency.making import INTERNAL, PUBLIC
from oversight.views.transparency import HEADERS, report_or_404


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

    def get_queryset(self) -> QuerySet[TransparencyReport]:
        return TransparencyReport.objects.defer("document", "public_document")

    @extend_schema(operation_id="transparency_list", tags=["transparency"])
    def get(self, request: Request) -> Response:
        return self.listed(self.get_queryset())

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


class ReportFile(AgencyApiView):
    """A report as a file: `public` or `internal`, as signed `json`, `csv` or `pdf`.

    In full only for readers of the record; that it was taken is recorded.
    """

    requires = {"get": Permission.VIEW_TRANSPARENCY}
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="transparency_file",
        tags=["transparency"],
        parameters=[OpenApiParameter("lang", str, enum=files.LANGUAGES, description="of a PDF")],
        responses={(200, kind): OpenApiTypes.BINARY for kind in files.TYPES.values()},
    )
    def get(self, request: Request, pk: UUID, audience: str, kind: str) -> HttpResponse:
        report = report_or_404(pk)
        if kind not in files.TYPES or audience not in (PUBLIC, INTERNAL):
            raise Http404
        if audience == INTERNAL:
            self.actor.require(Permission.VIEW_RECORD)
        language = request.query_params.get("lang", files.LANGUAGES[0])
        if language not in files.LANGUAGES:
            raise Problem(400, Fault("query_invalid"), parameter="lang")
        data = files.file_of(report, kind, audience, language)
        hand_out(actor=self.actor, report=report, file=kind, audience=audience, data=data)
        name = files.file_name(report, kind, audience, self.agency.slug)
        headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(data, content_type=files.TYPES[kind], headers=headers)


class ReportPublish(AgencyApiView):
    """Show the report to everybody, its small numbers hidden."""

    requires = {"post": Permission.PUBLISH_TRANSPARENCY}
    serializer_class = ReportSerializer

    @extend_schema(operation_id="transparency_publish", tags=["transparency"], request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        return self.told(publish_report(actor=self.actor, report=report_or_404(pk)))


class ReportWithdraw(AgencyApiView):
    """Take a published report off the public page."""

    requires = {"post": Permission.PUBLISH_TRANSPARENCY}
    serializer_class = ReportSerializer

    @extend_schema(operation_id="transparency_withdraw", tags=["transparency"], request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        return self.told(withdraw_report(actor=self.actor, report=report_or_404(pk)))
