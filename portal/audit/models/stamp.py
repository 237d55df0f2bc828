"""What a time-stamping authority said of a checkpoint."""

from django.db import models
from django.db.models.functions import Now

from portal.audit.models.entry import AppendOnly


class CheckpointStamp(AppendOnly):
    """An RFC 3161 response (DER) over the document of a checkpoint, verified when it came."""

    agency_id = models.BigIntegerField(null=True, editable=False)
    checkpoint_id = models.BigIntegerField(unique=True, editable=False)
    token = models.BinaryField()
    stamped_at = models.DateTimeField(editable=False, help_text="by the authority's clock")
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["agency_id", "checkpoint_id"], name="audit_stamp_of")]

    def __str__(self) -> str:
        return f"stamp of checkpoint {self.checkpoint_id}"
