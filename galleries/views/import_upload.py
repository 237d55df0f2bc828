"""The parts of an upload, as a script sends them: GET says how far it is, PUT brings the next."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.access import import_or_404
from galleries.models import ImportBatch
from galleries.services.imports.opening import WrongOffset, last_part, receive_part
from searches.faults import Fault

OFFSET = "Upload-Offset"


@require_http_methods(["GET", "HEAD", "PUT"])
@needs(Permission.ENROL)
def import_upload(request: AgencyRequest, pk: UUID) -> HttpResponse:
    batch = import_or_404(pk)
    if request.method != "PUT":
        return _standing(batch)
    try:
        start = int(request.headers.get(OFFSET, ""))
    except ValueError:
        return JsonResponse({"code": "import_part_size"}, status=400)
    # Read as a stream: a part is larger than what Django takes into memory as a form.
    data = request.read(settings.IMPORT_PART_BYTES + 1)
    try:
        batch = receive_part(actor=request.actor, batch=batch, start=start, data=data)
    except WrongOffset as wrong:
        return JsonResponse({"received": wrong.received}, status=409)
    except Fault as fault:
        return JsonResponse({"code": fault.code, "detail": fault.message}, status=422)
    return JsonResponse({"received": batch.received})


def _standing(batch: ImportBatch) -> HttpResponse:
    """What is there, and by what a script knows the file again."""
    last = last_part(batch)
    standing = {
        "stage": batch.stage,
        "name": batch.name,
        "size": batch.size,
        "received": batch.received,
        "part": settings.IMPORT_PART_BYTES,
        "last": last and {"start": last.start, "size": last.size, "sha256": last.sha256},
    }
    return JsonResponse(standing, headers={OFFSET: str(batch.received)})
