"""What was done to a probe before it was searched with: a chain of derivatives."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.images.edits import Edit, Operation, read_edit
from searches.models.probe import Probe

OPERATION_LABELS = {
    Operation.CROP: _("Cropped"),
    Operation.ROTATE: _("Rotated"),
    Operation.BRIGHTNESS_CONTRAST: _("Brightness and contrast"),
    Operation.DEINTERLACE: _("Deinterlaced"),
    Operation.SCALE: _("Scaled"),
}
OPERATIONS = [(str(operation), label) for operation, label in OPERATION_LABELS.items()]


class ProbeEdit(TenantModel):
    """One operation on one picture of the chain, written once.

    The database makes the link true: `parent_sha256` is the hash of the parent's picture, or of
    the upload when there is no parent. Anybody who has the parent can do the operation again:
    it was turned by `quarter_turns`, then `edit` was applied.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    probe = TenantForeignKey(Probe, models.CASCADE, related_name="edits")
    parent = TenantForeignKey("self", models.CASCADE, null=True, related_name="+")
    parent_sha256 = models.CharField(max_length=64)
    quarter_turns = models.PositiveSmallIntegerField(
        help_text="clockwise turns of the parent before the operation"
    )
    operation = models.CharField(max_length=30, choices=OPERATIONS)
    parameters = models.JSONField()
    result_sha256 = models.CharField(max_length=64, help_text="of the PNG file")
    width = models.PositiveIntegerField(help_text="of the result")
    height = models.PositiveIntegerField()
    file_key = models.CharField(max_length=80)
    submission_key = models.UUIDField(editable=False)
    made_by_id = models.BigIntegerField(null=True, editable=False)
    made_by_label = models.CharField(_("made by"), max_length=254)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("edit of a probe")
        verbose_name_plural = _("edits of probes")
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "submission_key"], name="probeedit_submitted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(operation__in=[str(one) for one in Operation]),
                name="probeedit_operation",
            ),
            models.CheckConstraint(
                condition=models.Q(quarter_turns__lte=3), name="probeedit_turns"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    parent_sha256__regex="^[0-9a-f]{64}$", result_sha256__regex="^[0-9a-f]{64}$"
                ),
                name="probeedit_hashes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} of {self.probe_id}"

    @property
    def edit(self) -> Edit:
        """The operation with its parameters."""
        return read_edit(self.operation, self.parameters)
