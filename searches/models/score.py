"""How similar the most similar strangers in a gallery are, as it was measured once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey
from searches.models.gallery import Contract, Gallery
from searches.models.job import Job


class ScoreSource(models.TextChoices):
    """Whose faces are searched for. None of them is among those who are compared."""

    OWN = "own", _("People of this gallery, each left out of those who are compared")
    GALLERY = "gallery", _("People of another gallery, of whom none is in this one")


class ScoreMeasurement(Job):
    """Searches of unrelated faces in a gallery: the similarity of the best candidate of each.

    What was measured never changes; a later measurement is another row. It holds numbers alone,
    and of nobody which.
    """

    gallery = TenantForeignKey(Gallery, related_name="+")
    source = models.CharField(max_length=10, choices=ScoreSource.choices, default=ScoreSource.OWN)
    source_gallery = TenantForeignKey(Gallery, null=True, blank=True, related_name="+")
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, editable=False, related_name="+"
    )
    version = models.CharField(max_length=64, blank=True, editable=False)
    images = models.BigIntegerField(default=0, editable=False)
    subjects = models.PositiveIntegerField(default=0, editable=False)
    """People of the gallery who have a template."""
    searched = models.PositiveIntegerField(default=0, editable=False)
    """Those who were compared: all but the ones who were searched for."""
    similarities = models.JSONField(default=list, editable=False)
    """Cosines, ascending, rounded to 6 digits."""
    tail = models.JSONField(default=dict, editable=False)
    """searches.scores.tail.Tail; empty where nothing could be fitted."""
    sources = models.JSONField(default=dict, editable=False)
    """How many pictures are of each source register, by its name."""
    compared_with = TenantForeignKey("self", null=True, editable=False, related_name="+")
    """The earlier measurement of the two shifts below (galleries.score_shifts)."""
    shift = models.JSONField(default=dict, editable=False)
    """searches.scores.drift.Shift against that measurement; empty without one."""
    registers = models.JSONField(default=dict, editable=False)
    """galleries.score_registers: the similarities within each source register, by its name."""
    register_shifts = models.JSONField(default=dict, editable=False)
    """The Shift of each register that had enough searches before and now."""
    progress = models.JSONField(default=dict, editable=False)
    """galleries.score_progress, between two slices of the work; it names who was drawn, and is
    empty from the end on."""

    class Meta(Job.Meta):
        verbose_name = _("measurement of similarities")
        verbose_name_plural = _("measurements of similarities")
        ordering = ["-created_at"]
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(
                fields=["agency_id", "gallery"],
                condition=models.Q(state__in=["queued", "running"]),
                name="score_measurement_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(source="own", source_gallery=None)
                | models.Q(source="gallery", source_gallery__isnull=False),
                name="score_measurement_source",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done")
                | models.Q(contract__isnull=False, searched__gt=0),
                name="score_measurement_done",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["done", "failed"]) | models.Q(progress={}),
                name="score_measurement_names_nobody",
            ),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index(
                fields=["agency_id", "gallery", "-finished_at"],
                condition=models.Q(state="done"),
                name="score_measurement_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gallery_id} {self.state}"

    @property
    def n(self) -> int:
        """How many searches were made."""
        return len(self.similarities)

    @property
    def has_shifted(self) -> bool:
        """The gallery as a whole, or one of its registers."""
        return any(one.get("is_shift") for one in (self.shift, *self.register_shifts.values()))
