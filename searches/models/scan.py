"""What changed among the templates of a gallery, which hosts hold them, and what they are asked.

searches/scan/ has what the hosts hold; here are only ids and transaction numbers, and of the face
that a running search asks for a sealed template.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.search import Search


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
    """A host that holds the templates of a gallery, or of a shard, as the snapshot `seen` had them.

    `token` names the files: those of another token are of another time, or another database.
    `measured` is what came of the comparison with exact search (searches/scan/measuring.py).
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True)
    host = models.UUIDField()
    contract_pk = models.BigIntegerField()
    gallery_id = models.UUIDField()
    shard = models.PositiveSmallIntegerField(default=0)
    shards = models.PositiveSmallIntegerField(default=1)
    seen = models.TextField(help_text="a pg_snapshot")
    beat_at = models.DateTimeField()
    built_at = models.DateTimeField(null=True)
    templates = models.PositiveBigIntegerField(default=0)
    measured = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["agency_id", "gallery_id"], name="scan_holder_gallery")]

    def __str__(self) -> str:
        return f"{self.gallery_id} on {self.host}"


class ScanHost(models.Model):
    """A host that answers what other hosts ask of the galleries it holds. Belongs to no agency.

    `host` is who it is as long as its memory lives, and names it in `ScanHolder`.
    """

    name = models.CharField(primary_key=True, max_length=60)
    host = models.UUIDField(unique=True)
    memory = models.PositiveBigIntegerField(help_text="bytes for all that it holds")
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ScanQuestion(TenantModel):
    """What a running search asks the hosts that hold a gallery: here, and not in the broker.

    `sealed` are the template of the searched face and the ids of the pictures that do not exist
    for the search, sealed with the key of the searching agency. `owner_id` is whose gallery it
    is. The row goes when the answers are there; what a killed worker left goes within minutes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, models.CASCADE, related_name="scan_questions")
    owner_id = models.BigIntegerField()
    contract_pk = models.BigIntegerField()
    gallery_id = models.UUIDField()
    limit = models.PositiveSmallIntegerField()
    sealed = models.BinaryField(editable=False)
    asked_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"question of {self.search_id}"
