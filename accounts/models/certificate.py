"""Training certificates: what lets a trained person use what the untrained must not."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User
from portal.tenancy import TenantForeignKey, TenantModel


class Activity(models.TextChoices):
    """What a training is for."""

    SEARCH = "search", _("Searching")
    EXAMINE = "examine", _("Examining candidates")


class TrainingCertificate(TenantModel):
    """A person's training for one activity, with the encrypted evidence of it.

    Both days belong to the validity. A withdrawn certificate stays as a record and is not valid.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    activity = models.CharField(_("activity"), max_length=20, choices=Activity.choices)
    title = models.CharField(_("name of the certificate"), max_length=200)
    issuer = models.CharField(_("issuer"), max_length=200)
    issued_on = models.DateField(_("issued on"))
    valid_until = models.DateField(_("valid until"))
    evidence_key = models.CharField(max_length=80, editable=False)
    evidence_sha256 = models.CharField(max_length=64, editable=False)
    evidence_type = models.CharField(max_length=40, editable=False)
    entered_by_id = models.BigIntegerField(null=True, editable=False)
    entered_by_label = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by_label = models.CharField(max_length=254, blank=True, editable=False)
    withdrawal_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("training certificate")
        verbose_name_plural = _("training certificates")
        ordering = ["valid_until", "id"]
        indexes = [
            models.Index(fields=["agency_id", "user", "activity"], name="certificate_of_person"),
            models.Index(fields=["agency_id", "valid_until"], name="certificate_by_end"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(activity__in=Activity.values), name="certificate_activity"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("issued_on")),
                name="certificate_days_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | ~models.Q(withdrawal_reason=""),
                name="certificate_withdrawn_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CertificateReminder(TenantModel):
    """That the reminder so many days before the end was sent, or is not needed any more."""

    certificate = TenantForeignKey(TrainingCertificate, related_name="reminders")
    days = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "certificate", "days"], name="certificate_reminder_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id}: {self.days} days"
