"""Changes of engine: a gallery embedded anew under another contract, and what that engine rejects.

While a change is open, the pictures of the gallery have templates under both contracts. Searches
use the gallery's own, which the cut-over and the roll-back move from one to the other.
"""

import uuid
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models import Contract, FaceImage, Gallery

WINDOW_SECONDS = 60.0
"""Over so long the rate is measured, and the throttle kept."""
MEASURED_SECONDS = 5.0
"""A rate over less than this is none."""
MOST_PER_MINUTE = 100_000


class ChangeStage(models.TextChoices):
    EMBEDDING = "embedding", _("Embedding the pictures")
    READY = "ready", _("Ready to cut over")
    CUT_OVER = "cut_over", _("Cut over")
    CANCELLING = "cancelling", _("Removing the new templates")
    CANCELLED = "cancelled", _("Cancelled")
    REMOVING = "removing", _("Removing the old templates")
    REMOVED = "removed", _("Finished")


class Switch(models.TextChoices):
    CUT_OVER = "cut_over", _("Cut over")
    ROLL_BACK = "roll_back", _("Roll back")


OVER = (ChangeStage.CANCELLED, ChangeStage.REMOVED)
CLEARING = (ChangeStage.CANCELLING, ChangeStage.REMOVING)
BOTH = (ChangeStage.READY, ChangeStage.CUT_OVER)
"""Stages in which all pictures have templates under both contracts, but for those listed."""


class EngineChange(TenantModel):
    """A gallery on its way to another engine."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    gallery = TenantForeignKey(Gallery, related_name="engine_changes")
    from_contract = models.ForeignKey(Contract, models.PROTECT, related_name="+")
    to_contract = models.ForeignKey(Contract, models.PROTECT, related_name="+")
    stage = models.CharField(
        max_length=10, choices=ChangeStage.choices, default=ChangeStage.EMBEDDING
    )
    # What a person asked for and the worker does as soon as nothing is missing for it.
    asked = models.CharField(max_length=10, choices=Switch.choices, blank=True, editable=False)
    accepted_losses = models.PositiveIntegerField(null=True, editable=False)
    throttle = models.PositiveIntegerField(_("pictures per minute"), null=True, blank=True)
    paused = models.BooleanField(default=False)
    failure_code = models.CharField(max_length=60, blank=True, editable=False)
    # Up to here the lanes have been in this pass over the pictures.
    cursor = models.UUIDField(null=True, editable=False)
    window_at = models.DateTimeField(auto_now_add=True)
    window_done = models.PositiveIntegerField(default=0, editable=False)
    rate = models.FloatField(default=0.0, editable=False)
    rung_at = models.DateTimeField(auto_now_add=True)
    removed_templates = models.BigIntegerField(default=0, editable=False)
    started_by_label = models.CharField(_("started by"), max_length=254, editable=False)
    started_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, editable=False)
    asked_by_label = models.CharField(max_length=254, blank=True, editable=False)
    switched_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("change of engine")
        verbose_name_plural = _("changes of engine")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "gallery"],
                condition=~models.Q(stage__in=OVER),
                name="engine_change_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=ChangeStage.values)
                & ~models.Q(from_contract=models.F("to_contract")),
                name="engine_change_given",
            ),
            models.CheckConstraint(
                condition=models.Q(asked="")
                | models.Q(asked="cut_over", stage="ready", accepted_losses__isnull=False)
                | models.Q(asked="roll_back", stage="cut_over", accepted_losses__isnull=False),
                name="engine_change_asked_fits",
            ),
            models.CheckConstraint(
                condition=models.Q(throttle=None)
                | models.Q(throttle__gte=1, throttle__lte=MOST_PER_MINUTE),
                name="engine_change_throttle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gallery_id} {self.stage}"

    @property
    def is_over(self) -> bool:
        return self.stage in OVER

    @property
    def has_both(self) -> bool:
        return self.stage in BOTH

    @property
    def target(self) -> Contract:
        """The contract that pictures may still lack: the one that the gallery does not have."""
        return self.from_contract if self.stage == ChangeStage.CUT_OVER else self.to_contract

    @property
    def is_filling(self) -> bool:
        """Whether lanes embed pictures now."""
        embeds = self.stage == ChangeStage.EMBEDDING or bool(self.asked)
        return embeds and not self.paused

    @property
    def is_working(self) -> bool:
        return self.stage in CLEARING or self.is_filling

    def may_embed(self, now: datetime) -> bool:
        """Whether the throttle lets one more picture through now."""
        if self.throttle is None:
            return True
        elapsed = min(WINDOW_SECONDS, (now - self.window_at).total_seconds())
        return self.window_done < self.throttle * elapsed / 60

    def count_one(self, now: datetime) -> None:
        """One more picture of this window; it may be the last of it."""
        elapsed = (now - self.window_at).total_seconds()
        self.window_done += 1
        if elapsed >= MEASURED_SECONDS:
            self.rate = self.window_done * 60 / elapsed
        if elapsed >= WINDOW_SECONDS:
            self.window_at, self.window_done = now, 0


class EngineChangeRejection(TenantModel):
    """A picture that one of the two engines of a change cannot embed, and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = TenantForeignKey(EngineChange, related_name="rejections")
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+")
    image = TenantForeignKey(FaceImage, related_name="+")
    code = models.CharField(max_length=60)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("picture rejected by an engine")
        verbose_name_plural = _("pictures rejected by an engine")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "change", "contract", "image"], name="engine_rejection_once"
            ),
            models.CheckConstraint(condition=~models.Q(code=""), name="engine_rejection_code"),
        ]

    def __str__(self) -> str:
        return f"{self.image_id} {self.code}"
