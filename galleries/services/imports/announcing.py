"""What an agency's own systems are told of an import: its id, its gallery's, its stage."""

from uuid import UUID

from accounts.models import EventType
from accounts.webhooks.events import emit
from galleries.models import ImportBatch, ImportStage


def announce(batch: ImportBatch, stage: ImportStage) -> None:
    """Tell the webhooks of a stage, in the open transaction of what brought it there."""
    said: dict[str, UUID | str] = {"import": batch.pk, "gallery": batch.gallery_id}
    said["stage"] = str(stage)
    emit(EventType.IMPORT_STAGE, said)
