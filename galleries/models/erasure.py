"""Erasures: what goes, why, how far it is, and the signed receipt that says what was proved."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from searches.models import Job
from searches.sealed import sealed_column, sealed_text


class ErasureTarget(models.TextChoices):
    IMAGES = "images", _("Pictures")
    SUBJECTS = "subjects", _("Subjects")
    GALLERY = "gallery", _("Gallery")
    PROBE = "probe", _("Probe")


class ErasureCause(models.TextChoices):
    DEMAND = "demand", _("Demand of the person")
    ORDER = "order", _("Order of a court or authority")
    UNLAWFUL = "unlawful", _("No lawful basis to hold it")
    ERROR = "error", _("Enrolled by mistake")
    EXPIRED = "expired", _("Retention is over")
    ENDED = "ended", _("The purpose has ended")
    HYGIENE = "hygiene", _("Removed in a review of the gallery")


class ErasurePhase(models.TextChoices):
    """How far the worker is. After ASKED nothing of it is to be found by any page or search."""

    ASKED = "asked", _("Asked for")
    EMPTIED = "emptied", _("Rows and files are gone")
    REWRITTEN = "rewritten", _("Tables and indexes are rewritten")
    PROVED = "proved", _("Proved and signed")


class Erasure(Job):
    """One erasure. What it is about is gone with its first phase; the receipt stays."""

    target = models.CharField(_("what"), max_length=10, choices=ErasureTarget.choices)
    target_ids = ArrayField(models.UUIDField(), editable=False)
    gallery_id = models.UUIDField(null=True, editable=False)
    cause = models.CharField(_("cause"), max_length=10, choices=ErasureCause.choices)
    reason_sealed = sealed_column()
    reason = sealed_text("reason_sealed")
    request_id = models.UUIDField(null=True, editable=False)
    """The request of a data subject that it answers (oversight.SubjectRequest)."""
    phase = models.CharField(
        max_length=10, choices=ErasurePhase.choices, default=ErasurePhase.ASKED, editable=False
    )
    emptied_at = models.DateTimeField(null=True, editable=False)
    emptied_xid = models.BigIntegerField(null=True, editable=False)
    """The transaction that emptied the rows: what is older may still see them."""
    images = models.PositiveIntegerField(default=0, editable=False)
    subjects = models.PositiveIntegerField(default=0, editable=False)
    counts = models.JSONField(default=dict, editable=False)
    needles_sealed = models.BinaryField(default=b"", editable=False)
    """What must not be found any more, sealed; emptied with the proof."""
    document = models.JSONField(null=True, editable=False)
    key_id = models.CharField(max_length=64, blank=True, editable=False)
    signature = models.CharField(max_length=200, blank=True, editable=False)

    class Meta(Job.Meta):
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-created_at"]
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(target__in=ErasureTarget.values)
                & models.Q(cause__in=ErasureCause.values)
                & models.Q(phase__in=ErasurePhase.values)
                & models.Q(target_ids__len__gt=0),
                name="erasure_given",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done")
                | models.Q(phase="proved", document__isnull=False, needles_sealed=b"")
                & ~models.Q(signature=""),
                name="erasure_done_is_proved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.phase}"
