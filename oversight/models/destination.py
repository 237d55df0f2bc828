"""Where an agency's signed heads go, and whether they arrived."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel


class DestinationKind(models.TextChoices):
    FILE = "file", _("File on the server")
    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Webhook (https)")


class Destination(TenantModel):
    """A place outside the database; it is added and removed, and never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=DestinationKind.choices)
    # An e-mail address or an https address; empty for the agency's own folder.
    target = models.CharField(_("address"), max_length=300, blank=True)
    added_by_label = models.CharField(max_length=254, editable=False)
    added_at = models.DateTimeField(auto_now_add=True)
    removed_by_label = models.CharField(max_length=254, blank=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ["added_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "kind", "target"],
                condition=models.Q(removed_at=None),
                name="destination_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="file", target="")
                | models.Q(kind__in=["email", "webhook"]) & ~models.Q(target=""),
                name="destination_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target}".strip()


class Delivery(TenantModel):
    """One signed head on its way to one destination. `checkpoint` is its number in the chain."""

    destination = TenantForeignKey(Destination, related_name="deliveries")
    checkpoint = models.BigIntegerField(editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(editable=False)
    problem = models.CharField(max_length=60, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-checkpoint"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "destination", "checkpoint"], name="delivery_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "next_try_at"],
                condition=models.Q(sent_at=None),
                name="delivery_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.checkpoint} to {self.destination_id}"
