"""What changed among the templates of a gallery, and which hosts hold them for scanning.

searches/scan/ has what the hosts hold; here are only ids and transaction numbers, no vector.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from portal.tenancy import TenantModel


class TemplateChange(TenantModel):
    """Pictures whose templates a statement added, removed or changed.

    A trigger on the templates writes it, whoever changes them; removed once all holders saw it.
    """

    contract_pk = models.BigIntegerField()
    gallery_id = models.UUIDField()
    xid = models.BigIntegerField()
    images = ArrayField(models.UUIDField())

    class Meta:
        indexes = [
            models.Index(fields=["agency_id", "gallery_id", "contract_pk"], name="template_change"),
        ]

    def __str__(self) -> str:
        return f"{self.gallery_id} {len(self.images)}"


class ScanHolder(TenantModel):
    """A host that holds a gallery's templates in memory, as the snapshot `seen` showed them.

    `token` names the files: those of another token are of another time, or another database.
    `measured` is what came of the comparison with exact search (searches/scan/measuring.py).
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True)
    host = models.UUIDField()
    contract_pk = models.BigIntegerField()
    gallery_id = models.UUIDField()
    seen = models.TextField(help_text="a pg_snapshot")
    beat_at = models.DateTimeField()
    built_at = models.DateTimeField(null=True)
    templates = models.PositiveBigIntegerField(default=0)
    measured = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["agency_id", "gallery_id"], name="scan_holder_gallery")]

    def __str__(self) -> str:
        return f"{self.gallery_id} on {self.host}"
