"""Imports for programs: opened, uploaded in parts, looked at and acted on with an API token."""

from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from galleries.access import import_or_404
from galleries.imports_page import progress_of
from galleries.models import ImportBatch
from galleries.services.imports.opening import ImportWish, WrongOffset, open_import, receive_part
from galleries.views.import_acts import ACTS, FINAL_ACTS
from searches.access import gallery_or_404
from searches.faults import Fault
from searches.models import SourceRegister


class Refused(APIException):
    """A fault as the API tells it."""

    status_code = 422

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message, fault.code)


class PartParser(BaseParser):
    """Leaves the body unread: a part is taken from the stream."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return bytes(stream.read(settings.IMPORT_PART_BYTES + 1))


def _clerk(request: Request) -> Actor:
    """Who the token speaks for, when it may enrol."""
    actor: Actor = request._request.actor  # type: ignore[attr-defined]
    actor.require(Permission.ENROL)
    return actor


def _told(batch: ImportBatch) -> dict[str, Any]:
    progress = progress_of(batch)
    names = ("total", "done", "enrolled", "already", "held", "rejected")
    return {
        "id": str(batch.pk),
        "stage": batch.stage,
        "code": batch.code,
        "size": batch.size,
        "received": batch.received,
        "part_bytes": settings.IMPORT_PART_BYTES,
        "report": batch.report,
        "progress": {name: getattr(progress, name) for name in names},
    }


class ImportsApi(AgencyApiView):
    """POST {"register", "collected_on", "name", "size", "submission_key"} opens an import."""

    http_method_names = ["post", "options"]
    parser_classes = [JSONParser]

    def post(self, request: Request, pk: UUID) -> Response:
        actor, gallery = _clerk(request), gallery_or_404(pk)
        said: Any = request.data
        try:
            wish = ImportWish(
                register=SourceRegister.objects.filter(name=str(said["register"])).first(),
                collected_on=date.fromisoformat(said["collected_on"]),
                name=str(said["name"]),
                size=int(said["size"]),
            )
            key = UUID(said["submission_key"])
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(Fault("import_request_wrong")) from error
        try:
            batch = open_import(actor=actor, gallery=gallery, wish=wish, submission_key=key)
        except Fault as fault:
            raise Refused(fault) from fault
        return Response(_told(batch), status=201)


class ImportApi(AgencyApiView):
    """GET says how far it is; PUT brings the part that begins at the header Upload-Offset."""

    http_method_names = ["get", "head", "put", "options"]
    parser_classes = [PartParser]

    def get(self, request: Request, pk: UUID) -> Response:
        _clerk(request)
        return Response(_told(import_or_404(pk)))

    def put(self, request: Request, pk: UUID) -> Response:
        actor, batch = _clerk(request), import_or_404(pk)
        try:
            data: Any = request.data
            start = int(request.headers.get("Upload-Offset", ""))
            batch = receive_part(actor=actor, batch=batch, start=start, data=data)
        except ValueError as error:
            raise Refused(Fault("import_request_wrong")) from error
        except WrongOffset as wrong:
            return Response({"received": wrong.received}, status=409)
        except Fault as fault:
            raise Refused(fault) from fault
        return Response(_told(batch))


class ImportActApi(AgencyApiView):
    """POST starts, pauses, resumes, cancels or closes it."""

    http_method_names = ["post", "options"]
    parser_classes = [JSONParser]

    def post(self, request: Request, pk: UUID, act: str) -> Response:
        actor, batch = _clerk(request), import_or_404(pk)
        acts = ACTS | FINAL_ACTS
        if act not in acts:
            raise Http404
        try:
            acts[act](actor=actor, batch=batch)
        except Fault as fault:
            raise Refused(fault) from fault
        return Response(_told(import_or_404(pk)))
