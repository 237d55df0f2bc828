"""The files of an import that were rejected: a list, and the two downloads of the pages."""

import csv
import io
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.media import FileNegotiation
from accounts.rest.views import AgencyApiView
from galleries.access import import_or_404
from galleries.api.import_answers import RejectedFileSerializer
from galleries.imports_page import rejection_lines
from galleries.models import FileState, ImportBatch, ImportFile
from galleries.rejected_zip import pieces_of_zip
from portal.audit.actions import Action
from portal.audit.recorder import record


class RejectedFilter(filters.FilterSet):
    code = filters.CharFilter()

    class Meta:
        model = ImportFile
        fields = ("code",)


class _Rejected(AgencyApiView):
    requires = {"get": Permission.ENROL}

    def batch(self, pk: UUID, form: str) -> ImportBatch:
        """The import; that its rejections were looked at is recorded."""
        batch = import_or_404(pk)
        facts = {"gallery": str(batch.gallery_id), "as": form}
        record(self.actor, Action.IMPORT_REJECTIONS_VIEWED, batch, facts)
        return batch


class RejectedFiles(_Rejected):
    """The rejected files in their order, each with a code and words; the look is recorded."""

    serializer_class = RejectedFileSerializer
    filterset_class = RejectedFilter
    ordering = ("position", "pk")
    ordering_fields = ("position",)

    def rows(self) -> QuerySet[ImportFile]:
        return ImportFile.objects.filter(state=FileState.REJECTED)

    @extend_schema(operation_id="imports_rejected", tags=["imports"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.listed(self.rows().filter(batch=self.batch(pk, "page")))


class RejectedCsv(_Rejected):
    """The rejected files as a table for spreadsheets."""

    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="imports_rejected_csv",
        tags=["imports"],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        text = io.StringIO()
        csv.writer(text).writerows(rejection_lines(self.batch(pk, "csv")))
        name = f'attachment; filename="rejected-{pk}.csv"'
        return HttpResponse(
            text.getvalue().encode("utf-8-sig"),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": name},
        )


class RejectedZip(_Rejected):
    """The rejected pictures as they were handed in, with the table of reasons."""

    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="imports_rejected_zip",
        tags=["imports"],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        pieces = pieces_of_zip(self.batch(pk, "zip"))
        name = f'attachment; filename="rejected-{pk}.zip"'
        headers = {"Content-Disposition": name}
        return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)
