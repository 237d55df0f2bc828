"""What came out of a search: the conclusion, what became of it, and proof of what was erased."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.search import Search
from searches.sealed import sealed_column, sealed_text


class Outcome(models.TextChoices):
    """A lead at most; there is no word here for an identification."""

    LEAD = "lead", _("Lead")
    NO_LEAD = "no_lead", _("No lead")
    INCONCLUSIVE = "inconclusive", _("Inconclusive")


class Conclusion(TenantModel):
    """What two examinations, and an adjudication where they differ, come to.

    The database works the outcome out itself and refuses another one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, related_name="conclusions")
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices)
    statement_version = models.PositiveSmallIntegerField()
    concluded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("conclusion")
        verbose_name_plural = _("conclusions")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "search"], name="conclusion_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=Outcome.values), name="conclusion_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.search_id}"


class FollowUpOutcome(models.TextChoices):
    """What other evidence said of a lead later."""

    CONFIRMED = "confirmed", _("Confirmed by other evidence")
    REFUTED = "refuted", _("Refuted")
    UNKNOWN = "unknown", _("Unknown")


class FollowUp(TenantModel):
    """One report of what became of a concluded search; the latest counts, all are kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, related_name="follow_ups")
    outcome = models.CharField(_("outcome"), max_length=10, choices=FollowUpOutcome.choices)
    note_sealed = sealed_column()
    reported_by_id = models.BigIntegerField(null=True, editable=False)
    reported_by_label = models.CharField(max_length=254, editable=False)
    reported_at = models.DateTimeField(auto_now_add=True)

    note = sealed_text("note_sealed")

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["-reported_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=FollowUpOutcome.values), name="follow_up_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.search_id}"


class ErasureReceipt(TenantModel):
    """Signed proof of what of a search was erased, why and when; it holds digests, no content."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, related_name="receipts")
    document = models.JSONField()
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=100)
    erased_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("erasure receipt")
        verbose_name_plural = _("erasure receipts")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "search"], name="erasure_receipt_once"),
        ]

    def __str__(self) -> str:
        return f"receipt of {self.search_id}"
