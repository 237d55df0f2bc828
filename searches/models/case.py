"""The case that every search belongs to, and the agency's own list of what cases are about."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.purposes import Purpose
from portal.tenancy import TenantForeignKey, TenantModel
from searches.marked import CASE_NUMBER, MarkedText, is_given
from searches.models.register import NOT_BLANK
from searches.sealed import sealed_column, sealed_text

MAX_CAP = 10_000
MAX_TITLE = 200


def usual_cap() -> int:
    """How many searches a new case may have."""
    return int(settings.CASE_SEARCH_CAP)


class CaseStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("of a case", "Open")
    CLOSED = "closed", pgettext_lazy("of a case", "Closed")


class CaseCategory(TenantModel):
    """An offence or reason of the agency's own list; its purpose is one of the closed list.

    While one of them is in use, the database refuses new cases without one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    purpose = models.CharField(
        _("purpose"),
        max_length=30,
        choices=Purpose.choices,
        help_text=_("Cases of this category have this purpose. It never changes."),
    )
    created_by_label = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "agency_id",
                Lower("name"),
                name="case_category_once",
                violation_error_code="unique",
                violation_error_message=_("There is a category of this name already."),
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=NOT_BLANK), name="case_category_named"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=Purpose.values), name="case_category_purpose"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Case(TenantModel):
    """An investigation under the agency's number.

    The database holds what it was opened with (number, purpose, category, opener), how many
    searches it may have, and that a closed case has no further one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number_sealed = sealed_column()
    number = MarkedText(
        _("case number"),
        kind=CASE_NUMBER,
        sealed="number_sealed",
        db_column="number_mark",
        max_length=60,
    )
    title_sealed = sealed_column()
    title = sealed_text("title_sealed")
    # Empty on cases from before purposes were asked for; the database refuses new ones without.
    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose.choices)
    category = TenantForeignKey(CaseCategory, null=True, blank=True, related_name="cases")
    # No id: the operator at the command line.
    owner_id = models.BigIntegerField(null=True, editable=False)
    owner_label = models.CharField(_("owner"), max_length=254, editable=False)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=CaseStatus.choices,
        default=CaseStatus.OPEN,
        editable=False,
    )
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by_label = models.CharField(max_length=254, blank=True, editable=False)
    search_cap = models.PositiveIntegerField(default=usual_cap, editable=False)
    held_at = models.DateTimeField(null=True, editable=False)
    held_by_label = models.CharField(max_length=254, blank=True, editable=False)
    hold_reason_sealed = sealed_column()
    hold_reason = sealed_text("hold_reason_sealed")
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
                condition=is_given("number") & ~models.Q(title_sealed=b""),
                name="case_number_given",
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=["", *Purpose.values]), name="case_purpose"
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", closed_at=None)
                | models.Q(status="closed", closed_at__isnull=False),
                name="case_status",
            ),
            models.CheckConstraint(
                condition=models.Q(search_cap__range=(1, MAX_CAP)), name="case_search_cap"
            ),
            models.CheckConstraint(
                condition=models.Q(held_at=None, hold_reason_sealed=b"")
                | models.Q(held_at__isnull=False) & ~models.Q(hold_reason_sealed=b""),
                name="case_held_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def is_closed(self) -> bool:
        return self.status == CaseStatus.CLOSED
