"""What is done with a transparency report: taken as a file, published, withdrawn."""

from uuid import UUID

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.faults import Fault
from accounts.permissions import Permission
from accounts.rest.media import FileNegotiation
from accounts.rest.problems import Problem
from accounts.rest.views import AgencyApiView
from oversight.api.transparency import ReportSerializer
from oversight.services.transparency import hand_out, publish_report, withdraw_report
from oversight.transparency import files
from oversight.transparency.making import INTERNAL, PUBLIC
from oversight.views.transparency import HEADERS, report_or_404


class ReportFile(AgencyApiView):
    """A report as a file: `public` or `internal`, as signed `json`, `csv` or `pdf`.

    In full only for readers of the record; that it was taken is recorded.
    """

    requires = {"get": Permission.VIEW_TRANSPARENCY}
    parameters = frozenset({"lang"})
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
