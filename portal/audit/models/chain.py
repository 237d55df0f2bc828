"""The chain over the entries of one agency (or of the platform), and its signed heads."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.audit.models.entry import AppendOnly, AuditEntry


class AuditPending(models.Model):
    """An entry that is not in its chain yet: written by a trigger, removed by the linker."""

    entry = models.OneToOneField(
        AuditEntry, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="pending"
    )
    agency_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["agency_id", "entry"], name="audit_pending_of")]

    def __str__(self) -> str:
        return f"{self.entry_id} is to be linked"


class AuditLink(AppendOnly):
    """One link of a chain: `digest` is the entry's, `head` closes over everything up to it."""

    agency_id = models.BigIntegerField(null=True, editable=False)
    number = models.BigIntegerField(editable=False)
    entry = models.OneToOneField(
        AuditEntry, models.DO_NOTHING, db_constraint=False, related_name="link"
    )
    digest = models.CharField(max_length=64, editable=False)
    head = models.CharField(max_length=64, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "number"], nulls_distinct=False, name="audit_link_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.head[:12]}"


class AuditChain(models.Model):
    """Which chains there are, and by when the head of each is to be signed.

    The row is what linkers of one chain lock, so that they take turns; writers never touch it.
    """

    agency_id = models.BigIntegerField(null=True, editable=False)
    checkpoint_due = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id"], nulls_distinct=False, name="audit_chain_once"
            ),
        ]

    def __str__(self) -> str:
        return f"chain of {self.agency_id or 'the platform'}"


class Checkpoint(AppendOnly):
    """A signed head: `document` is the very text that was signed (RFC 8785 JSON)."""

    agency_id = models.BigIntegerField(null=True, editable=False)
    number = models.BigIntegerField(editable=False)
    entries = models.BigIntegerField(editable=False)
    head = models.CharField(max_length=64, editable=False)
    document = models.TextField(editable=False)
    key_id = models.CharField(max_length=16, editable=False)
    signature = models.CharField(max_length=88, editable=False)
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "number"], nulls_distinct=False, name="checkpoint_once"
            ),
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.number} over {self.entries} entries"
