"""How much of a license is used: counters, reservations, and the ledger of what was used.

The application can only read these tables. Their rows are written by the functions of
migration 0021, which check and count in one statement; accounts/services/quota.py calls them.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.purposes import Purpose
from portal.tenancy import TenantForeignKey, TenantModel


class Kind(models.TextChoices):
    """What a license limits."""

    SEARCH = "search", _("Searches")
    FACE = "face", _("Enrolled faces")
    SEAT = "seat", _("Seats")


# Periods of counters that are no month. A month is "2026-11", in the agency's time zone.
TERM = "term"  # the whole term of one license
OVERAGE = "overage"  # searches beyond the limits, over the whole term of one license
STANDING = "standing"  # what is held at present, whatever the license


class QuotaCounter(TenantModel):
    """What is used and reserved of one limit. Counters of faces and seats belong to no license."""

    license_number = models.CharField(max_length=30, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    period = models.CharField(max_length=10)
    # As the license said when the counter last moved. None: no limit.
    allowed = models.BigIntegerField(null=True)
    reserved = models.BigIntegerField()
    used = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "license_number", "kind", "period"], name="quota_counter_once"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, used__gte=0), name="quota_counter_not_negative"
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="quota_counter_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.license_number} {self.kind} {self.period}: {self.used}"


class ReservationState(models.TextChoices):
    RESERVED = "reserved", _("Reserved")
    COMMITTED = "committed", _("Used")
    RELEASED = "released", _("Given back")
    EXPIRED = "expired", _("Expired")
    RETURNED = "returned", _("Not held any more")


class QuotaReservation(TenantModel):
    """A quantity set aside for one act, until the act succeeds or fails."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    quantity = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ReservationState.choices)
    purpose = models.CharField(max_length=30, blank=True)
    license_number = models.CharField(max_length=30)
    license_version = models.IntegerField()
    # The month it counts for: the one it was made in, in the agency's time zone.
    period = models.CharField(max_length=7)
    overage = models.BooleanField()
    monthly = TenantForeignKey(QuotaCounter, null=True, related_name="+")
    whole = TenantForeignKey(QuotaCounter, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "key"], name="quota_reservation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="quota_reservation_quantity"),
            models.CheckConstraint(
                condition=Q(state__in=ReservationState.values), name="quota_reservation_state"
            ),
            models.CheckConstraint(
                condition=Q(state="reserved", settled_at=None)
                | (~Q(state="reserved") & Q(settled_at__isnull=False)),
                name="quota_reservation_settled",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.SEARCH, purpose__in=Purpose.values)
                | Q(kind=Kind.FACE, purpose=""),
                name="quota_reservation_purpose",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "expires_at"],
                condition=Q(state="reserved"),
                name="quota_reservation_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} {self.state}"


class UsageEntry(TenantModel):
    """One line of the ledger. Nothing in it leads to a search, a person or a case.

    `key` is the id of the reservation, which is random; only the agency sees reservations.
    """

    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=10, choices=Kind.choices)
    quantity = models.BigIntegerField()
    license_number = models.CharField(max_length=30)
    license_version = models.IntegerField()
    period = models.CharField(max_length=7)
    purpose = models.CharField(max_length=30, blank=True)
    overage = models.BooleanField()
    key = models.UUIDField()

    class Meta:
        verbose_name = _("usage entry")
        verbose_name_plural = _("usage entries")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "key"], name="usage_entry_once"),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "kind", "at"],
                include=["purpose", "quantity", "overage"],
                name="usage_entry_by_day",
            ),
            models.Index(
                fields=["agency_id", "license_number", "kind", "period"], name="usage_entry_billed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.kind} {self.quantity}"


class UsageWarning(TenantModel):
    """That the people were told that so many percent of a limit are used: once each.

    When the limit is raised within the period, they are told of the new one.
    """

    license_number = models.CharField(max_length=30, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    period = models.CharField(max_length=10)
    percent = models.PositiveSmallIntegerField()
    # The limit that it was a part of; 0 where that was not kept yet.
    allowed = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "license_number", "kind", "period", "percent", "allowed"],
                name="usage_warning_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.period} {self.percent} %"
