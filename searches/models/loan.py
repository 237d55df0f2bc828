"""A person of another agency asked to do one round of examination: explicit, and for a time."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.examination import FIRST, SECOND
from searches.models.search import Search
from searches.sealed import sealed_column, sealed_text

DEFAULT_DAYS, MOST_DAYS = 7, 30
# So many people of other agencies may be asked for one round at a time.
MOST_AT_ONCE = 3


class LoanState(models.TextChoices):
    """How a loan stands, as far as its own row says."""

    WAITING = "waiting", _("Not opened yet")
    OPENED = "opened", _("Opened")
    REVOKED = "revoked", _("Withdrawn")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Expired")


class ExaminerLoan(TenantModel):
    """The row belongs to the agency that owns the search; the lending one reads those naming it.

    A worker looks the address up and fills `borrowed_id` and `lending_agency_id` when it belongs to
    an examiner whose agency lends. Its own agency learns that only when the person opens the loan:
    until then a loan to nobody looks the same.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, related_name="loans")
    round = models.PositiveSmallIntegerField()
    email = models.EmailField(_("e-mail address"))
    reason_sealed = sealed_column()
    asked_by_id = models.BigIntegerField(editable=False)
    asked_by_label = models.CharField(max_length=254, editable=False)
    granted_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    looked_up_at = models.DateTimeField(null=True, editable=False)
    borrowed_id = models.BigIntegerField(null=True, editable=False)
    lending_agency_id = models.BigIntegerField(null=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by_label = models.CharField(max_length=254, blank=True, editable=False)
    declined_at = models.DateTimeField(null=True, editable=False)
    # The person, or an admin or supervisor of the lending agency.
    declined_by_id = models.BigIntegerField(null=True, editable=False)

    reason = sealed_text("reason_sealed")

    class Meta:
        verbose_name = _("loan of an examiner")
        verbose_name_plural = _("loans of examiners")
        ordering = ["-granted_at"]
        constraints = [
            models.CheckConstraint(
                # Who adjudicates answers for the agency, and belongs to it.
                condition=models.Q(round__in=[FIRST, SECOND]),
                name="loan_round",
            ),
            models.CheckConstraint(
                condition=models.Q(borrowed_id=None, lending_agency_id=None)
                | models.Q(
                    borrowed_id__isnull=False,
                    lending_agency_id__isnull=False,
                    looked_up_at__isnull=False,
                ),
                name="loan_names_both",
            ),
            models.CheckConstraint(
                condition=models.Q(lending_agency_id=None)
                | ~models.Q(lending_agency_id=models.F("agency_id")),
                name="loan_from_another_agency",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None) | models.Q(declined_at=None),
                name="loan_one_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lending_agency_id", "borrowed_id"],
                condition=models.Q(lending_agency_id__isnull=False),
                name="loan_lent_out",
            ),
            models.Index(fields=["agency_id", "search"], name="loan_of_search"),
        ]

    def __str__(self) -> str:
        return f"{self.search_id} round {self.round}"

    @property
    def person(self) -> int:
        """The id of the person lent; a loan to nobody has none."""
        if self.borrowed_id is None:
            raise LookupError("a loan to nobody")
        return int(self.borrowed_id)

    @property
    def state(self) -> LoanState:
        if self.revoked_at is not None:
            return LoanState.REVOKED
        if self.declined_at is not None:
            return LoanState.DECLINED
        if self.expires_at <= timezone.now():
            return LoanState.EXPIRED
        return LoanState.WAITING if self.opened_at is None else LoanState.OPENED

    @property
    def stands(self) -> bool:
        """Whether nothing ended it; what else must hold is asked in searches/lending.py."""
        return self.state in (LoanState.WAITING, LoanState.OPENED)
