"""Payments of invoices, and reminders of those that are overdue: written once."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.invoice import MONEY, Invoice
from accounts.models.license import Licensing
from portal.tenancy import LicensingManager, TenantForeignKey


class Payment(Licensing):
    """Money that came in for an invoice; one with `reverses` undoes another. Never changed."""

    invoice = TenantForeignKey(Invoice, related_name="payments", verbose_name=_("invoice"))
    received_on = models.DateField(_("received on"))
    amount = models.DecimalField(_("amount"), **MONEY)
    bank_reference = models.CharField(_("bank reference"), max_length=140)
    reverses = TenantForeignKey(
        "self", related_name="reversals", null=True, blank=True, verbose_name=_("reverses")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)
    recorded_by_label = models.CharField(_("recorded by"), max_length=254, editable=False)

    objects: LicensingManager["Payment"] = LicensingManager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-id"]
        indexes = [models.Index(fields=["invoice"], name="payment_of_invoice")]
        constraints = [
            models.UniqueConstraint(fields=["reverses"], name="payment_reversed_once"),
            models.CheckConstraint(
                condition=Q(reverses=None, amount__gt=0)
                | (Q(reverses__isnull=False, amount__lt=0) & ~Q(reason="")),
                name="payment_sign",
            ),
        ]

    def __str__(self) -> str:
        return self.bank_reference


class DunningReminder(Licensing):
    """That an overdue invoice was called in mind at one level; once each."""

    invoice = TenantForeignKey(Invoice, related_name="reminders", verbose_name=_("invoice"))
    level = models.PositiveSmallIntegerField(_("level"))
    sent_to = models.EmailField(_("sent to"))
    sent_at = models.DateTimeField(_("sent"), db_default=Now(), editable=False)
    sent_by_label = models.CharField(_("sent by"), max_length=254, editable=False)

    objects: LicensingManager["DunningReminder"] = LicensingManager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["invoice_id", "level"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "level"], name="reminder_once_a_level"),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=3), name="reminder_known_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}: {self.level}"
