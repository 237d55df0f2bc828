"""What the end of an agency must know of galleries: how rows are exported, and open imports."""

from accounts.offboarding.registry import export_as, hold_while
from galleries.models import ImportBatch
from galleries.models.imports import WORKED_ON
from searches.offboarding import export_texts_of, has_open_work

export_texts_of("galleries")
# What is looked for after an erasure is what was erased.
export_as("galleries_erasure", "to_jsonb(t) - 'needles_sealed'")


def has_work(agency_id: int) -> bool:
    """The same as of searches, and imports; of a closed agency they stop by themselves."""
    imports = ImportBatch.objects.filter(agency_id=agency_id, stage__in=WORKED_ON)
    return has_open_work(agency_id) or imports.exists()


hold_while("work_open", has_work)
