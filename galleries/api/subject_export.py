"""A gallery's list of subjects as a file, for programs."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from accounts.billing_csv import csv_answer
from accounts.faults import Fault
from accounts.licensing import local_day
from accounts.permissions import Permission
from accounts.rest.media import FileNegotiation
from accounts.rest.problems import Problem
from accounts.rest.views import AgencyApiView
from galleries.subject_export import COLUMNS, cells_of
from galleries.subject_filter import HowMany, SubjectFilter
from galleries.subject_list import subjects_of
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import gallery_or_404

PARAMETERS = [
    OpenApiParameter("q", OpenApiTypes.STR, description="The whole reference"),
    OpenApiParameter("register", OpenApiTypes.UUID),
    OpenApiParameter("images", OpenApiTypes.STR, enum=HowMany.values),
    OpenApiParameter("expires_before", OpenApiTypes.DATE),
    OpenApiParameter("enrolled_from", OpenApiTypes.DATE),
    OpenApiParameter("enrolled_to", OpenApiTypes.DATE),
]


class SubjectsExport(AgencyApiView):
    """What the filters choose as CSV, without pictures, the first enrolled first; recorded."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    parameters = frozenset(one.name for one in PARAMETERS)
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="subjects_export",
        tags=["subjects"],
        parameters=PARAMETERS,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        gallery = gallery_or_404(pk)
        form = SubjectFilter(gallery, request.query_params)
        if not form.is_valid():
            raise Problem(400, Fault("query_invalid"), parameter=next(iter(form.errors)))
        found = subjects_of(gallery, form.cleaned_data).order_by("created_at", "pk")
        facts = {"filters": form.given(), "rows": found.count()}
        record(self.actor, Action.SUBJECTS_EXPORTED, gallery, facts)
        today = local_day(timezone.now(), self.agency.time_zone)
        name = f"subjects-{self.agency.slug}-{today.isoformat()}"
        return csv_answer(name, COLUMNS, (cells_of(one) for one in found.iterator()))
