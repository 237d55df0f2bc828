"""The statements by which one signing key of the installation names the next."""

from django.db import models
from django.db.models.functions import Now

from portal.audit.models.entry import AppendOnly


class KeyChange(AppendOnly):
    """Signed by the old key; public, and of no agency."""

    document = models.JSONField(editable=False)
    signature = models.CharField(max_length=88, editable=False)
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.document['old_key_id']} to {self.document['new_key_id']}"
