"""What documents bill: lines, the entries of the ledger behind them, and the numbers given."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.invoice import MONEY, Invoice
from accounts.models.license import LicenseVersion, Licensing
from portal.tenancy import LicensingManager, TenantForeignKey


class LineKind(models.TextChoices):
    SUBSCRIPTION = "subscription", _("Subscription")
    ADJUSTMENT = "adjustment", _("Amendment")
    OVERAGE = "overage", _("Searches beyond the limit")
    CREDIT = "credit", _("Credit")


class InvoiceLine(Licensing):
    """One line: what, for which days, how much; and the version of a license that it follows from.

    `void` is set by the database when the whole document was credited: it can be billed anew.
    """

    invoice = TenantForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=12, choices=LineKind.choices)
    description = models.CharField(_("description"), max_length=500)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3)
    unit_price = models.DecimalField(_("unit price"), max_digits=20, decimal_places=6)
    net = models.DecimalField(_("net"), **MONEY)
    tax_name = models.CharField(_("tax"), max_length=60)
    tax_percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=3)
    license_version = TenantForeignKey(LicenseVersion, related_name="invoice_lines")
    credits_line = TenantForeignKey("self", related_name="credit_lines", null=True)
    void = models.BooleanField(default=False)

    objects: LicensingManager["InvoiceLine"] = LicensingManager()

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["invoice_id", "position"]
        indexes = [models.Index(fields=["license_version"], name="invoice_line_version")]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_position"),
            models.UniqueConstraint(
                fields=["license_version", "kind", "first_day"],
                condition=Q(void=False, kind__in=["subscription", "adjustment"]),
                name="invoice_line_billed_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=LineKind.values), name="invoice_line_kind"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day"), quantity__gt=0),
                name="invoice_line_days_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(kind="credit") | Q(credits_line__isnull=False),
                name="invoice_line_credit_traces",
            ),
        ]

    def __str__(self) -> str:
        return self.description


class BilledUsage(Licensing):
    """That a line bills an entry of the usage ledger; an entry is billed once."""

    line = TenantForeignKey(InvoiceLine, models.CASCADE, related_name="usage")
    entry = TenantForeignKey("accounts.UsageEntry", related_name="+", editable=False)
    void = models.BooleanField(default=False)

    objects: LicensingManager["BilledUsage"] = LicensingManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(void=False), name="billed_usage_once"
            )
        ]
        indexes = [models.Index(fields=["line"], name="billed_usage_line")]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.entry_id}"


class InvoiceCounter(models.Model):
    """The last number given in a year; only the trigger that issues documents writes it."""

    kind = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "year"], name="invoice_counter_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"
