"""The row is the job: its state, who claimed it, and how often it was tried."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel


class JobState(models.TextChoices):
    HELD = "held", _("Held")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Job(TenantModel):
    """Base of rows that a worker finishes; claimed by one conditional UPDATE (services/jobs.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    rung_at = models.DateTimeField(auto_now_add=True)
    failure_code = models.CharField(max_length=60, blank=True)
    submission_key = models.UUIDField(default=uuid.uuid4, editable=False)
    requested_by_id = models.BigIntegerField(null=True, editable=False)
    requested_by_label = models.CharField(_("requested by"), max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "submission_key"], name="%(class)s_submitted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=JobState.values), name="%(class)s_state"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="running") | models.Q(claim__isnull=False),
                name="%(class)s_running_is_claimed",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="failed") | ~models.Q(failure_code=""),
                name="%(class)s_failure_has_code",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "rung_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="%(class)s_open",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)
