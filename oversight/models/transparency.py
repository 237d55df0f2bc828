"""Reports of what an agency did with face search, as they were made and, perhaps, published."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from oversight.transparency.periods import Period
from portal.tenancy import TenantModel


class PeriodKind(models.TextChoices):
    """Only whole months, quarters and years can be published."""

    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    YEAR = "year", _("Year")
    OTHER = "other", _("Other days")


class TransparencyReport(TenantModel):
    """A report of one period: in full for the agency, and with small numbers hidden for the public.

    Both documents are RFC 8785 JSON, signed (docs/transparency.md). The database lets nothing of
    them change, and lets no two published reports overlap unless they are of the same period.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    kind = models.CharField(_("kind of period"), max_length=8, choices=PeriodKind.choices)
    document = models.TextField(editable=False)
    signature = models.CharField(max_length=100, editable=False)
    public_document = models.TextField(editable=False)
    public_signature = models.CharField(max_length=100, editable=False)
    key_id = models.CharField(max_length=16, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by_label = models.CharField(max_length=254, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by_label = models.CharField(max_length=254, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by_label = models.CharField(max_length=254, blank=True, editable=False)

    class Meta:
        verbose_name = _("transparency report")
        verbose_name_plural = _("transparency reports")
        ordering = ["-last_day", "-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_day__lte=models.F("last_day")), name="transparency_days"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=PeriodKind.values), name="transparency_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(published_at=None) | ~models.Q(kind=PeriodKind.OTHER),
                name="transparency_published_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(published_at__isnull=False),
                name="transparency_withdrawn_after",
            ),
            models.UniqueConstraint(
                fields=["agency_id", "first_day", "last_day"],
                condition=models.Q(published_at__isnull=False, withdrawn_at=None),
                name="transparency_published_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"

    @property
    def period(self) -> Period:
        return Period(self.first_day, self.last_day)

    @property
    def is_public(self) -> bool:
        return self.published_at is not None and self.withdrawn_at is None

    @property
    def state_label(self) -> str:
        if self.withdrawn_at is not None:
            return str(_("Withdrawn"))
        return str(_("Published")) if self.published_at is not None else str(_("Not published"))
