"""The audit entry: ids and labels without foreign keys, so that it outlives its subject."""

from typing import Any, NoReturn

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.audit.outcomes import Outcome


class AppendOnly(models.Model):
    """A row that is written once. The database refuses every change, also by its owner."""

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("The record cannot be deleted")


class AuditEntry(AppendOnly):
    """Who did what to which thing, when and from where, and what came of it.

    `agency_id` is empty for acts of the platform. `content_digest` stands for what is sealed apart
    (AuditContent) and may be destroyed; "" for entries without.
    """

    agency_id = models.BigIntegerField(null=True, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    action = models.CharField(max_length=40)
    # Empty on entries from before it was recorded.
    outcome = models.CharField(
        max_length=8, choices=Outcome.choices, blank=True, default="", db_default=""
    )
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=254)
    source = models.CharField(max_length=64, blank=True)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=40, blank=True)
    # The case it belongs to, as far as there is one: what the agency's pages filter by.
    case_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    data = models.JSONField(default=dict)
    content_digest = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["agency_id", "-id"], name="audit_by_agency"),
            models.Index(fields=["agency_id", "subject_type", "subject_id"], name="audit_subject"),
            models.Index(fields=["agency_id", "actor_id", "-id"], name="audit_by_person"),
            models.Index(fields=["agency_id", "action", "-id"], name="audit_by_action"),
            models.Index(fields=["agency_id", "at"], name="audit_by_time"),
            models.Index(
                fields=["agency_id", "case_id", "-id"],
                condition=~models.Q(case_id=""),
                name="audit_by_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_label}"
