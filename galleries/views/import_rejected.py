"""Files of an import that were rejected: a table with their pictures, and downloads."""

import csv
import io
from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.access import import_file_or_404, import_or_404
from galleries.imports_page import rejection_lines, words_of
from galleries.models import FileState, ImportBatch, ImportFile
from galleries.rejected_zip import pieces_of_zip
from galleries.shown_pictures import rejected
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches.views.pictures import jpeg_response


@require_safe
@needs(Permission.ENROL)
def import_rejected(request: AgencyRequest, pk: UUID) -> HttpResponse:
    batch = import_or_404(pk)
    rows = ImportFile.objects.filter(batch=batch, state=FileState.REJECTED)
    page = page_of(request, rows)
    for row in page:
        row.message = words_of(row.code)  # type: ignore[attr-defined]
    _record(request, batch, "page")
    return render(request, "galleries/imports/rejected.html", {"batch": batch, "page": page})


@require_safe
@needs(Permission.ENROL)
def import_picture(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """A rejected picture without its metadata; 404 when it cannot be shown."""
    return jpeg_response(rejected(request.actor, import_file_or_404(pk)))


@require_safe
@needs(Permission.ENROL)
def import_rejected_csv(request: AgencyRequest, pk: UUID) -> HttpResponse:
    batch = import_or_404(pk)
    text = io.StringIO()
    csv.writer(text).writerows(rejection_lines(batch))
    _record(request, batch, "csv")
    name = f'attachment; filename="rejected-{batch.pk}.csv"'
    headers = {"Content-Disposition": name}
    return HttpResponse(
        text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers
    )


@require_safe
@needs(Permission.ENROL)
def import_rejected_zip(request: AgencyRequest, pk: UUID) -> StreamingHttpResponse:
    """The rejected pictures as they were handed in, with the table of reasons."""
    batch = import_or_404(pk)
    _record(request, batch, "zip")
    pieces: Iterator[bytes] = pieces_of_zip(batch)
    name = f'attachment; filename="rejected-{batch.pk}.zip"'
    headers = {"Content-Disposition": name}
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


def _record(request: AgencyRequest, batch: ImportBatch, form: str) -> None:
    facts = {"gallery": str(batch.gallery_id), "as": form}
    record(request.actor, Action.IMPORT_REJECTIONS_VIEWED, batch, facts)
