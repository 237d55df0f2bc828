"""What a run of the retention removed, signed."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel


class RetentionRun(TenantModel):
    """One run, written once: the agency's own each day, or one that somebody asked for.

    The pictures themselves are removed by the erasures it asked for, each with its own proof.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField(_("day"), editable=False)
    by_hand = models.BooleanField(default=False, editable=False)
    submission_key = models.UUIDField(default=uuid.uuid4, editable=False)
    started_by_id = models.BigIntegerField(null=True, editable=False)
    started_by_label = models.CharField(_("started by"), max_length=254, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    images = models.PositiveIntegerField(default=0, editable=False)
    probes = models.PositiveIntegerField(default=0, editable=False)
    held = models.PositiveIntegerField(default=0, editable=False)
    """Pictures and probes whose time is over and that a hold keeps."""
    shortened = models.PositiveIntegerField(default=0, editable=False)
    """Pictures that came in under a rule which had changed, and expire sooner now."""
    erasures = ArrayField(models.UUIDField(), default=list, editable=False)
    document = models.JSONField(editable=False)
    key_id = models.CharField(max_length=64, editable=False)
    signature = models.CharField(max_length=200, editable=False)

    class Meta:
        verbose_name = _("run of the retention")
        verbose_name_plural = _("runs of the retention")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "day"],
                condition=models.Q(by_hand=False),
                name="retention_once_a_day",
            ),
            models.UniqueConstraint(
                fields=["agency_id", "submission_key"], name="retention_submitted_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(signature="") & ~models.Q(started_by_label=""),
                name="retention_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.images}"
