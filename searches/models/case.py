"""The case that every search belongs to."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel
from searches.models.gallery import NOT_BLANK


class Case(TenantModel):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("case number"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    opened_by_id = models.BigIntegerField(null=True, editable=False)
    opened_by_label = models.CharField(_("opened by"), max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "number"], name="case_number_once"),
            models.CheckConstraint(
                condition=models.Q(number__regex=NOT_BLANK), name="case_number_given"
            ),
        ]

    def __str__(self) -> str:
        return self.number
