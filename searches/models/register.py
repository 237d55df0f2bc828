"""Source registers: where pictures come from, on what basis, and what they may be searched for."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.purposes import Purpose, SourceKind
from portal.tenancy import TenantModel

NOT_BLANK = r"\S"


class SourceRegister(TenantModel):
    """A register that an agency takes pictures from; every enrolled picture belongs to one.

    Kind and basis never change: what was enrolled under them rests on them. A register that is
    retired takes no more pictures.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind of source"), max_length=30, choices=SourceKind.choices)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    agreement = models.CharField(
        _("agreement"),
        max_length=300,
        blank=True,
        help_text=_("Reference of the agreement with whoever keeps the register, if there is one."),
    )
    agreement_ends = models.DateField(
        _("agreement ends on"),
        null=True,
        blank=True,
        help_text=_("The last day on which pictures may be enrolled under it."),
    )
    retention_days = models.PositiveIntegerField(
        _("retention in days"),
        default=1095,
        validators=[MinValueValidator(1), MaxValueValidator(36500)],
        help_text=_("A picture of this register expires at the latest this many days after it."),
    )
    purposes = ArrayField(
        models.CharField(max_length=40, choices=Purpose.choices),
        verbose_name=_("permitted purposes"),
    )
    created_by_label = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("source register")
        verbose_name_plural = _("source registers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "name"], name="register_name_once"),
            models.CheckConstraint(
                condition=models.Q(name__regex=NOT_BLANK) & models.Q(legal_basis__regex=NOT_BLANK),
                name="register_given",
            ),
            models.CheckConstraint(
                condition=models.Q(retention_days__gte=1), name="register_retention"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=SourceKind.values), name="register_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(purposes__contained_by=Purpose.values, purposes__len__gt=0),
                name="register_purposes",
            ),
        ]

    def __str__(self) -> str:
        return self.name
