"""The record of an agency from before it came here: another installation's chain, closed."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel


class FormerRecord(TenantModel):
    """A chain that another installation wrote and signed; nothing is added to it.

    The export of it lies in files of at most 4 MB, in their order. `first_head` is the head after
    its first link: no two installations, and no two agencies, have the same.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number_there = models.BigIntegerField(editable=False)
    slug_there = models.CharField(_("short name there"), max_length=60, editable=False)
    public_key = models.CharField(max_length=44, editable=False)
    key_id = models.CharField(max_length=16, editable=False)
    entries = models.BigIntegerField(editable=False)
    first_head = models.CharField(max_length=64, unique=True, editable=False)
    head = models.CharField(max_length=64, editable=False)
    checkpoints = models.PositiveIntegerField(editable=False)
    part_keys = models.JSONField(editable=False)
    size = models.BigIntegerField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    manifest_sha256 = models.CharField(max_length=64, editable=False)
    exported_at = models.DateTimeField(editable=False)
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("former record")
        verbose_name_plural = _("former records")
        ordering = ["imported_at"]

    def __str__(self) -> str:
        return f"{self.slug_there}: {self.entries} entries"


def bound_to(record: object, entry: int) -> str:
    """What the content of an entry of a former record is sealed for."""
    return f"former-content:{record}:{entry}"


class FormerContent(TenantModel):
    """What people wrote about an entry of a former record, sealed as that of the live one is.

    `about` names the key (audit.AuditKey): with a case or a search that is erased goes what was
    written about it there, too.
    """

    record = TenantForeignKey(FormerRecord, models.CASCADE, related_name="contents")
    entry = models.BigIntegerField(editable=False)
    about = models.CharField(max_length=60, editable=False)
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "record", "entry"], name="former_content_once"
            ),
        ]
        indexes = [models.Index(fields=["agency_id", "about"], name="former_content_about")]

    def __str__(self) -> str:
        return f"content of {self.entry}"
