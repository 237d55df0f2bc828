"""Imports for programs: opened, uploaded in parts, looked at and acted on."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.event_stream import WISH
from accounts.rest.problems import MEDIA_TYPE, Problem
from accounts.rest.views import AgencyApiView
from accounts.rest.waiting import answered_late
from galleries.access import import_or_404
from galleries.api.import_answers import (
    EXAMPLE,
    ImportSerializer,
    NewImportSerializer,
    WrongOffsetSerializer,
)
from galleries.api.import_events import watched
from galleries.models import ImportBatch, ImportKind, ImportStage
from galleries.services.imports.opening import ImportWish, WrongOffset, open_import, receive_part
from galleries.views.import_acts import ACTS, FINAL_ACTS
from galleries.views.import_upload import OFFSET
from searches.access import gallery_or_404
from searches.faults import Fault

CONFLICT = 409


class PartParser(BaseParser):
    """Takes a part from the stream, and no more of it than one byte too many."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return bytes(stream.read(settings.IMPORT_PART_BYTES + 1))


class ImportFilter(filters.FilterSet):
    stage = filters.MultipleChoiceFilter(choices=ImportStage.choices)
    kind = filters.ChoiceFilter(choices=ImportKind.choices)

    class Meta:
        model = ImportBatch
        fields = ("stage", "kind")


class _ImportList(AgencyApiView):
    serializer_class = ImportSerializer
    filterset_class = ImportFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at", "touched_at")

    def rows(self) -> QuerySet[ImportBatch]:
        return ImportBatch.objects.prefetch_related("lanes")


class AllImports(_ImportList):
    """The imports of all galleries, newest first."""

    requires = {"get": Permission.ENROL}

    @extend_schema(operation_id="imports_list_all", tags=["imports"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class Imports(_ImportList):
    """The imports of a gallery, newest first."""

    requires = {"get": Permission.ENROL, "post": Permission.ENROL}

    @extend_schema(operation_id="imports_list", tags=["imports"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.listed(self.rows().filter(gallery=gallery_or_404(pk)))

    @extend_schema(
        operation_id="imports_open",
        tags=["imports"],
        request=NewImportSerializer,
        responses={201: ImportSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Open an import, which then waits for the parts of its ZIP file."""
        gallery, said = gallery_or_404(pk), self.asked(NewImportSerializer)
        key = said.pop("submission_key", None) or self.submission_key()
        batch = open_import(
            actor=self.actor, gallery=gallery, wish=ImportWish(**said), submission_key=key
        )
        return self.told(batch, 201, location=reverse("api_import", args=[batch.pk]))


class OneImport(AgencyApiView):
    """How far an import is."""

    requires = {"get": Permission.ENROL, "put": Permission.ENROL}
    serializer_class = ImportSerializer
    parser_classes = [PartParser]

    @extend_schema(operation_id="imports_get", tags=["imports"], parameters=[WISH])
    def get(self, request: Request, pk: UUID) -> Response:
        return answered_late(self, watched(pk), lambda: self.told(import_or_404(pk)))

    @extend_schema(
        operation_id="imports_put_part",
        tags=["imports"],
        parameters=[
            OpenApiParameter(
                OFFSET,
                int,
                OpenApiParameter.HEADER,
                required=True,
                description="Where in the file the part begins: the bytes received so far.",
            )
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={
            200: ImportSerializer,
            (409, MEDIA_TYPE): WrongOffsetSerializer,
        },
    )
    def put(self, request: Request, pk: UUID) -> Response:
        """Bring the next part, of at most `part_bytes`. After the last one the file is checked.

        409 when it does not follow on what is there; the member `received` says where to go on.
        """
        batch = import_or_404(pk)
        try:
            start = int(request.headers.get(OFFSET, ""))
        except ValueError as error:
            raise Fault("import_request_wrong") from error
        data: Any = request.data
        try:
            batch = receive_part(actor=self.actor, batch=batch, start=start, data=data)
        except WrongOffset as wrong:
            fault = Fault("import_offset_wrong")
            raise Problem(CONFLICT, fault, received=wrong.received) from wrong
        return self.told(batch)


class ImportAct(AgencyApiView):
    """Start, pause, resume, cancel or close an import."""

    requires = {"post": Permission.ENROL}
    serializer_class = ImportSerializer

    @extend_schema(
        operation_id="imports_act",
        tags=["imports"],
        parameters=[
            OpenApiParameter(
                "act", str, OpenApiParameter.PATH, enum=sorted(ACTS | FINAL_ACTS), required=True
            )
        ],
        request=None,
        responses=ImportSerializer,
    )
    def post(self, request: Request, pk: UUID, act: str) -> Response:
        batch, acts = import_or_404(pk), ACTS | FINAL_ACTS
        if act not in acts:
            raise Http404
        acts[act](actor=self.actor, batch=batch)
        return self.told(import_or_404(pk))
