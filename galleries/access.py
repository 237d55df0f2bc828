"""May this request have this object: another agency's is 404."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from galleries.models import ImportBatch, ImportFile


def import_or_404(pk: UUID) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.select_related("gallery", "register"), pk=pk)


def import_file_or_404(pk: UUID) -> ImportFile:
    return get_object_or_404(ImportFile.objects.all(), pk=pk)
