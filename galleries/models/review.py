"""What people decide about galleries: pictures that are held, and findings of hygiene runs."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models import Enrolment, FaceImage, Gallery, Job, Subject
from searches.sealed import sealed_column, sealed_text


class HygieneRun(Job):
    """One comparison of all pictures of a gallery with each other, some at a time.

    `position` is the last picture that was compared; a run goes on behind it at the next bell.
    """

    gallery = TenantForeignKey(Gallery, related_name="+")
    scale = models.CharField(max_length=120, blank=True, editable=False)
    thresholds = models.JSONField(default=dict, editable=False)
    """What was used, by name (galleries.hygiene); fixed at the first step."""
    total = models.PositiveIntegerField(null=True, editable=False)
    compared = models.PositiveIntegerField(default=0, editable=False)
    position = models.UUIDField(null=True, editable=False)
    counts = models.JSONField(default=dict, editable=False)
    """Findings by kind: all of them, also those that were in the queue or decided before."""

    class Meta(Job.Meta):
        verbose_name = _("hygiene run")
        verbose_name_plural = _("hygiene runs")
        ordering = ["-created_at"]
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(
                fields=["agency_id", "gallery"],
                condition=models.Q(state__in=["queued", "running"]),
                name="hygiene_run_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gallery_id} {self.state}"


class ReviewKind(models.TextChoices):
    HELD = "held", _("Held at enrolment")
    DUPLICATE = "duplicate", _("Near-identical under two subjects")
    CLOSER = "closer", _("Closer to another subject than to its own")
    OUTLIER = "outlier", _("Unlike the other pictures of its subject")
    EVERYONE = "everyone", _("Resembles unusually many subjects")


class ReviewState(models.TextChoices):
    OPEN = "open", _("Open")
    DECIDED = "decided", _("Decided")


class ReviewDecision(models.TextChoices):
    ENROL = "enrol", _("Enrol it under its own reference")
    ADD = "add", _("Add it to the other subject")
    DISCARD = "discard", _("Discard the picture")
    MERGE = "merge", _("Merge the two subjects")
    MOVE = "move", _("Move the picture to the other subject")
    REMOVE = "remove", _("Erase the picture")
    KEEP = "keep", _("Keep everything as it is")
    GONE = "gone", _("Nothing left to decide")
    """What it was about was erased, moved or merged meanwhile."""


class ReviewItem(TenantModel):
    """One question about pictures of a gallery, which a person decides once and for all.

    A held picture has its enrolment; a finding has its picture. `subject` is whose picture it is
    (of a held one: when the gallery knew them), `other_*` what it resembles.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=ReviewKind.choices)
    state = models.CharField(max_length=10, choices=ReviewState.choices, default=ReviewState.OPEN)
    gallery = TenantForeignKey(Gallery, related_name="+")
    run = TenantForeignKey(HygieneRun, null=True, related_name="items")
    enrolment = TenantForeignKey(Enrolment, null=True, related_name="+")
    image = TenantForeignKey(FaceImage, null=True, related_name="+")
    subject = TenantForeignKey(Subject, null=True, related_name="+")
    other_image = TenantForeignKey(FaceImage, null=True, related_name="+")
    other_subject = TenantForeignKey(Subject, null=True, related_name="+")
    similarity = models.FloatField()
    """To the other picture; of an outlier the mean to its own subject, of EVERYONE to strangers."""
    threshold = models.FloatField()
    scale = models.CharField(max_length=120, blank=True)
    others = models.PositiveIntegerField(default=0)
    """How many other subjects it resembles as much (EVERYONE)."""
    created_at = models.DateTimeField(auto_now_add=True)
    decision = models.CharField(max_length=10, choices=ReviewDecision.choices, blank=True)
    decided_by_id = models.BigIntegerField(null=True, editable=False)
    decided_by_label = models.CharField(max_length=254, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    reason_sealed = sealed_column()
    reason = sealed_text("reason_sealed")

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-similarity", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ReviewKind.values), name="review_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decision="", decided_at=None)
                | models.Q(
                    state="decided",
                    decision__in=ReviewDecision.values,
                    decided_at__isnull=False,
                    decided_by_label__regex=r"\S",
                ),
                name="review_decided_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="held", enrolment__isnull=False, image=None)
                | ~models.Q(kind="held")
                & models.Q(enrolment=None, image__isnull=False, subject__isnull=False),
                name="review_is_about",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="held", decision__in=["", "enrol", "add", "discard"])
                | ~models.Q(kind="held")
                & models.Q(decision__in=["", "merge", "move", "remove", "keep", "gone"]),
                name="review_decision_of_kind",
            ),
            models.UniqueConstraint(fields=["agency_id", "enrolment"], name="review_of_held_once"),
            models.UniqueConstraint(
                fields=["agency_id", "kind", "image"],
                condition=models.Q(state="open", enrolment=None),
                name="review_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["agency_id", "state", "gallery"], name="review_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state == ReviewState.OPEN
