"""What the tests of imports look at."""

from pathlib import Path

from django.conf import settings
from django.db import connection

from galleries.models import ImportBatch
from portal.audit.models import AuditEntry
from tests.factories import person_jpeg
from tests.galleries.imports_cast import no_face

SMALL = 112


def face(seed: int, picture: int = 0) -> bytes:
    return person_jpeg(seed, picture, size=SMALL * 2)


def recorded(batch: ImportBatch) -> list[str]:
    entries = AuditEntry.objects.filter(subject_type="importbatch", subject_id=str(batch.pk))
    return [entry.action for entry in entries.order_by("pk")]


def stored_files() -> int:
    """Files in the store, after what waits for a commit was done."""
    waiting, connection.run_on_commit = connection.run_on_commit, []
    for entry in waiting:
        entry[1]()
    return sum(path.is_file() for path in Path(settings.FILES_DIR).rglob("*"))


NO_FACE = no_face()
