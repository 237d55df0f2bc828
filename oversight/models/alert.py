"""What a rule found, who looks into it, and what they decided."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from oversight.misuse.facts import Severity
from portal.tenancy import TenantForeignKey, TenantModel
from searches.models import Case
from searches.sealed import sealed_column, sealed_text


class AlertDisposition(models.TextChoices):
    """What looking into it came to."""

    MISUSE_CONFIRMED = "misuse_confirmed", _("Misuse confirmed")
    RULE_BROKEN = "rule_broken", _("A rule was broken, without misuse")
    JUSTIFIED = "justified", _("Justified")
    FALSE_ALARM = "false_alarm", _("False alarm")


# The rule was right to raise these.
USEFUL = (AlertDisposition.MISUSE_CONFIRMED, AlertDisposition.RULE_BROKEN)


class MisuseAlert(TenantModel):
    """One finding of a rule. `facts` holds ids and numbers: searches, numbers, signals.

    The database keeps what was found, lets nobody have or close an alert that concerns them, and
    lets an alert be closed or opened again only with an event of the same transaction that says so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(_("rule"), max_length=40)
    key = models.CharField(max_length=120, help_text="the same for the same finding")
    severity = models.CharField(_("severity"), max_length=6, choices=Severity.choices)
    facts = models.JSONField()
    people = ArrayField(models.BigIntegerField(), help_text="whom it concerns")
    case = TenantForeignKey(Case, null=True, related_name="+")
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    extended_at = models.DateTimeField(null=True, editable=False)
    owner_id = models.BigIntegerField(null=True, editable=False)
    owner_label = models.CharField(_("handled by"), max_length=254, blank=True, editable=False)
    disposition = models.CharField(
        _("decision"), max_length=16, choices=AlertDisposition.choices, blank=True
    )
    note_sealed = sealed_column()
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by_id = models.BigIntegerField(null=True, editable=False)
    closed_by_label = models.CharField(max_length=254, blank=True, editable=False)

    note = sealed_text("note_sealed")

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "rule", "key"],
                condition=models.Q(closed_at=None),
                name="alert_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(severity__in=Severity.values), name="alert_severity"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    closed_at=None, disposition="", note_sealed=b"", closed_by_id=None
                )
                | models.Q(
                    closed_at__isnull=False,
                    disposition__in=AlertDisposition.values,
                    owner_id__isnull=False,
                    closed_by_id__isnull=False,
                )
                & ~models.Q(note_sealed=b""),
                name="alert_closed_with_decision",
            ),
        ]
        indexes = [
            models.Index(fields=["agency_id", "rule", "key"], name="alert_of_finding"),
            models.Index(fields=["agency_id", "-opened_at"], name="alert_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.pk}"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def concerns(self, user_id: int | None) -> bool:
        return user_id is not None and user_id in self.people


class AlertEventKind(models.TextChoices):
    OPENED = "opened", pgettext_lazy("of an alert", "Raised")
    EXTENDED = "extended", _("More was found")
    TAKEN = "taken", pgettext_lazy("of an alert", "Taken")
    HANDED_OVER = "handed_over", _("Handed over")
    RELEASED = "released", _("Released: it concerns who had it")
    CLOSED = "closed", pgettext_lazy("of an alert", "Decided")
    REOPENED = "reopened", pgettext_lazy("of an alert", "Opened again")


class AlertEvent(TenantModel):
    """One thing that happened to an alert, written once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = TenantForeignKey(MisuseAlert, related_name="events")
    kind = models.CharField(max_length=12, choices=AlertEventKind.choices)
    disposition = models.CharField(max_length=16, choices=AlertDisposition.choices, blank=True)
    searches = models.PositiveIntegerField(default=0, help_text="that the alert rested on then")
    by_id = models.BigIntegerField(null=True, editable=False)
    by_label = models.CharField(max_length=254, editable=False)
    to_label = models.CharField(max_length=254, blank=True, editable=False)
    note_sealed = sealed_column()
    at = models.DateTimeField(db_default=Now(), editable=False)

    note = sealed_text("note_sealed")

    class Meta:
        verbose_name = _("event of an alert")
        verbose_name_plural = _("events of alerts")
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=AlertEventKind.values), name="alert_event_kind"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["closed", "reopened"]) | ~models.Q(note_sealed=b""),
                name="alert_event_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(disposition__in=["", *AlertDisposition.values]),
                name="alert_event_disposition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.alert_id}"
