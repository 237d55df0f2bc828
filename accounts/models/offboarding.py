"""The end of a closed agency: export, destruction, and the signed receipt of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel


class OffboardingState(models.TextChoices):
    """How far it is; a trigger allows the transitions of docs/agencies.md and no others."""

    WAITING = "waiting", _("Waiting")
    EXPORTING = "exporting", _("Exporting")
    EXPORTED = "exported", _("Exported")
    DESTROYING = "destroying", _("Destroying")
    DESTROYED = "destroyed", _("Destroyed")
    FAILED = "failed", _("Failed")


class Offboarding(TenantModel):
    """How far the end of one closed agency is: states, counts and dates, no content.

    The platform reads it and can only put the deadline off; the row is the job of a worker.
    """

    state = models.CharField(
        _("state"),
        max_length=10,
        choices=OffboardingState.choices,
        default=OffboardingState.WAITING,
    )
    closed_at = models.DateTimeField(editable=False)
    deadline = models.DateTimeField(editable=False)
    prolonged_reason = models.CharField(max_length=500, blank=True)
    # The claim of the worker that has it, as for jobs of searches.
    claim = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    rung_at = models.DateTimeField(auto_now_add=True)
    failure_code = models.CharField(max_length=60, blank=True)
    # The export: how many of its files are read, and what it is when it is finished.
    files_total = models.PositiveBigIntegerField(default=0)
    files_done = models.PositiveBigIntegerField(default=0)
    exported_rows = models.JSONField(default=dict, help_text="per table")
    exported_at = models.DateTimeField(null=True, editable=False)
    export_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    downloaded_at = models.DateTimeField(null=True, editable=False)
    # The destruction: who asked for it (nobody after the deadline), and what is gone so far.
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by_id = models.BigIntegerField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    key_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    files_removed = models.PositiveBigIntegerField(null=True)
    bytes_removed = models.PositiveBigIntegerField(null=True)
    removed_rows = models.JSONField(default=dict, help_text="per table")
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("off-boarding")
        verbose_name_plural = _("off-boardings")
        constraints = [
            models.UniqueConstraint(fields=["agency_id"], name="offboarding_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=OffboardingState.values), name="offboarding_state"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="failed") | ~models.Q(failure_code=""),
                name="offboarding_failure_has_code",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["exported", "destroying", "destroyed"])
                | models.Q(exported_at__isnull=False, export_sha256__regex="^[0-9a-f]{64}$"),
                name="offboarding_exported_before",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id}: {self.state}"


class DestructionReceipt(TenantModel):
    """What was destroyed and what stays, signed; nobody can change or delete it."""

    document = models.JSONField()
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("receipt of destruction")
        verbose_name_plural = _("receipts of destruction")
        constraints = [
            models.UniqueConstraint(fields=["agency_id"], name="destruction_receipt_once"),
        ]

    def __str__(self) -> str:
        return f"receipt {self.agency_id}"
