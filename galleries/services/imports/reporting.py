"""What the check of an import found, counted once and kept on its row."""

from typing import Any

from django.db.models import Count

from galleries.models import FileState, ImportBatch, ImportFile
from searches.models import Subject


def counted(batch: ImportBatch) -> dict[str, Any]:
    """Counts by state and code, and of the subjects that are to get pictures."""
    files = ImportFile.objects.filter(batch=batch).order_by()
    states = dict(files.values_list("state").annotate(n=Count("pk")))
    rejected = files.filter(state=FileState.REJECTED)
    codes = dict(rejected.values_list("code").annotate(n=Count("pk")).order_by("code"))
    waiting = files.filter(state=FileState.WAITING)
    references = waiting.values("reference").distinct()
    known = Subject.objects.filter(gallery=batch.gallery_id, reference__in=references)
    return {
        "waiting": states.get(FileState.WAITING, 0),
        "already": states.get(FileState.ALREADY, 0),
        "rejected": states.get(FileState.REJECTED, 0),
        "codes": codes,
        "subjects": references.count(),
        "known_subjects": known.count(),
    }
