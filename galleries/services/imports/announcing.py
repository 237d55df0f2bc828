"""What an agency's own systems are told of an import: its id, its gallery's, its stage."""

from accounts.models import EventType
from accounts.webhooks.events import Data, emit
from galleries.models import ImportBatch, ImportStage


def announce(batch: ImportBatch, stage: ImportStage) -> None:
    """Tell the webhooks of a stage, in the open transaction of what brought it there."""
    said: Data = {"import": batch.pk, "gallery": batch.gallery_id, "stage": str(stage)}
    emit(EventType.IMPORT_STAGE, said)
