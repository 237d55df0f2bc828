"""The signed export of the record, which its verifier checks without Candor."""

from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from accounts.faults import Fault
from accounts.middleware import zone_of
from accounts.permissions import Permission
from accounts.rest.media import FileNegotiation
from accounts.rest.problems import Problem
from accounts.rest.views import AgencyApiView
from oversight.record_query import chosen_by
from oversight.services.exporting import export_record
from oversight.views.export import ExportForm, export_answer


class RecordExport(AgencyApiView):
    """Entries with their chain, checkpoints and verifier as ZIP; that it was taken is recorded.

    Takes the filters of the list; `contents=true` brings what people wrote.
    """

    requires = {"get": Permission.VIEW_RECORD}
    parameters = frozenset(ExportForm.base_fields)
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="record_export",
        tags=["record"],
        parameters=[OpenApiParameter(name, str) for name in ExportForm.base_fields],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        with timezone.override(zone_of(self.token.user, self.agency)):
            form = ExportForm(request.query_params)
            if not form.is_valid():
                raise Problem(400, Fault("query_invalid"), errors=_named(form))
            values, given = form.cleaned_data, form.given()
            chosen = chosen_by(values) if given else None
        parts = export_record(
            actor=self.actor,
            chosen=chosen,
            filters=given,
            case=values["case"],
            with_contents=values["contents"],
        )
        return export_answer(self.agency, parts)


def _named(form: ExportForm) -> list[dict[str, Any]]:
    return [
        {"field": name, "code": "invalid", "detail": " ".join(map(str, errors))}
        for name, errors in form.errors.items()
    ]
