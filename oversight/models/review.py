"""The weekly review of the record, as somebody signed it, and the mails that asked for it."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel
from searches.sealed import sealed_column, sealed_text


class ReminderKind(models.TextChoices):
    DUE = "due", _("Due")
    OVERDUE = "overdue", _("Overdue")


class Finding(models.TextChoices):
    NOTHING = "nothing", _("Nothing stays open")
    ACTED = "acted", _("Something stood out, and the note says what I did about it")


class RecordReview(TenantModel):
    """A signed week. The database refuses changes, weeks that are not over, and other heads.

    `week` is its Monday in the agency's time zone. `counts` is what the signer saw: ids and
    numbers alone. The checkpoint was taken first, so its head covers all of what was seen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    week = models.DateField(editable=False)
    signed_by_id = models.BigIntegerField(null=True, editable=False)
    signed_by_label = models.CharField(max_length=254, editable=False)
    signed_at = models.DateTimeField(auto_now_add=True)
    finding = models.CharField(max_length=8, choices=Finding.choices, editable=False)
    note_sealed = sealed_column()
    counts: "models.JSONField[Any, Any]" = models.JSONField(default=dict, editable=False)
    checkpoint_number = models.BigIntegerField(editable=False)
    checkpoint_head = models.CharField(max_length=64, editable=False)

    note = sealed_text("note_sealed")

    class Meta:
        verbose_name = _("review of a week")
        verbose_name_plural = _("reviews of weeks")
        ordering = ["-week"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "week"], name="review_once_a_week"),
            models.CheckConstraint(
                condition=Q(week__iso_week_day=1), name="review_week_begins_on_monday"
            ),
            # What was done about something is written down.
            models.CheckConstraint(
                condition=Q(finding=Finding.NOTHING)
                | (Q(finding=Finding.ACTED) & ~Q(note_sealed=b"")),
                name="review_says_what_was_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.week} by {self.signed_by_label}"


class ReviewReminder(TenantModel):
    """That a mail about a week was sent; each kind once."""

    week = models.DateField(editable=False)
    kind = models.CharField(max_length=8, choices=ReminderKind.choices, editable=False)
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "week", "kind"], name="review_reminder_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ReminderKind.values), name="review_reminder_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.week}: {self.kind}"
