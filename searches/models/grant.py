"""Search in a gallery that another agency grants, and each use of that in the owner's sight."""

import uuid
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.purposes import Purpose
from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.gallery import Gallery
from searches.models.register import NOT_BLANK
from searches.models.stage import Basis
from searches.sealed import sealed_column, sealed_text

MOST_SEARCHES, MOST_DAYS = 10_000, 731


class GrantState(models.TextChoices):
    """How a grant stands on one day."""

    OFFERED = "offered", _("Not answered yet")
    DECLINED = "declined", _("Declined")
    REVOKED = "revoked", _("Revoked")
    ENDED = "ended", _("Ended")
    FUTURE = "future", _("Accepted, begins later")
    USED_UP = "used_up", _("All searches used")
    STANDS = "stands", _("In force")


class GalleryGrant(TenantModel):
    """The row belongs to the agency that owns the gallery; the borrowing one reads what names it.

    A worker looks up the agency that is named and fills `borrower_id`. Until that agency answers,
    a grant to nobody looks the same to the owner.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    gallery = TenantForeignKey(Gallery, related_name="grants")
    named = models.CharField(_("agency"), max_length=200)
    purposes = ArrayField(
        models.CharField(max_length=40, choices=Purpose.choices), verbose_name=_("purposes")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    searches_allowed = models.PositiveIntegerField(_("number of searches"))
    # Those under way and those done; a search that failed is given back.
    searches_used = models.PositiveIntegerField(default=0, editable=False)
    agreement = models.CharField(_("agreement"), max_length=300)
    reason_sealed = sealed_column()
    granted_by_id = models.BigIntegerField(null=True, editable=False)
    granted_by_label = models.CharField(max_length=254, editable=False)
    granted_at = models.DateTimeField(auto_now_add=True)
    looked_up_at = models.DateTimeField(null=True, editable=False)
    borrower_id = models.BigIntegerField(null=True, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    declined_at = models.DateTimeField(null=True, editable=False)
    # Of the borrowing agency, whoever accepted, declined or gave it up.
    answered_by_id = models.BigIntegerField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by_label = models.CharField(max_length=254, blank=True, editable=False)

    reason = sealed_text("reason_sealed")

    class Meta:
        verbose_name = _("grant of a gallery")
        verbose_name_plural = _("grants of galleries")
        ordering = ["-granted_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(purposes__contained_by=Purpose.values, purposes__len__gt=0),
                name="grant_purposes",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="grant_period"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    searches_allowed__gte=1,
                    searches_allowed__lte=MOST_SEARCHES,
                    searches_used__lte=models.F("searches_allowed"),
                ),
                name="grant_searches",
            ),
            models.CheckConstraint(
                condition=models.Q(named__regex=NOT_BLANK) & models.Q(agreement__regex=NOT_BLANK),
                name="grant_given",
            ),
            models.CheckConstraint(
                condition=models.Q(borrower_id=None)
                | models.Q(looked_up_at__isnull=False)
                & ~models.Q(borrower_id=models.F("agency_id")),
                name="grant_to_another_agency",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None, declined_at=None)
                | models.Q(borrower_id__isnull=False),
                name="grant_answered_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["borrower_id"],
                condition=models.Q(borrower_id__isnull=False),
                name="grant_borrowed",
            ),
            models.Index(fields=["agency_id", "gallery"], name="grant_of_gallery"),
        ]

    def __str__(self) -> str:
        return f"{self.gallery_id} for {self.named}"

    @property
    def searches_left(self) -> int:
        return int(self.searches_allowed - self.searches_used)

    @property
    def is_open(self) -> bool:
        """Whether nobody has ended it; its time may be over."""
        return self.revoked_at is None and self.declined_at is None

    def state_on(self, day: date) -> GrantState:
        """How it stands on a day of the owning agency."""
        if self.revoked_at is not None:
            return GrantState.REVOKED
        if self.declined_at is not None:
            return GrantState.DECLINED
        if self.ends_on < day:
            return GrantState.ENDED
        if self.accepted_at is None:
            return GrantState.OFFERED
        if self.starts_on > day:
            return GrantState.FUTURE
        return GrantState.STANDS if self.searches_left else GrantState.USED_UP


class UseState(models.TextChoices):
    TAKEN = "taken", _("Waiting or running")
    DONE = "done", _("Done")
    GIVEN_BACK = "given_back", _("Failed, given back")


class GrantUse(TenantModel):
    """One search done under a grant, as far as it concerns the owner of the gallery.

    Who asked, when, for what and on what kind of basis; nothing of the case, the picture or whom
    the search brought.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = TenantForeignKey(GalleryGrant, related_name="uses")
    # Of the borrowing agency; it names the search when the two agencies speak about it.
    search_id = models.UUIDField(editable=False)
    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose.choices)
    basis = models.CharField(_("legal basis"), max_length=24, choices=Basis.choices)
    searched_by_label = models.CharField(max_length=254, editable=False)
    state = models.CharField(max_length=10, choices=UseState.choices, default=UseState.TAKEN)
    taken_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, editable=False)
    # Of this gallery, among those of the whole search.
    candidates = models.PositiveSmallIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("use of a grant")
        verbose_name_plural = _("uses of grants")
        ordering = ["-taken_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "grant", "search_id"], name="grant_use_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="taken", ended_at=None, candidates=None)
                | models.Q(state="done", ended_at__isnull=False, candidates__isnull=False)
                | models.Q(state="given_back", ended_at__isnull=False, candidates=None),
                name="grant_use_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.state}"
