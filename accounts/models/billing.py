"""Whom an agency's invoices go to, on what terms, and at which tax."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.license import Licensing
from portal.tenancy import LicensingManager

LANGUAGES = [("en", _("English")), ("fr", _("French"))]


class TaxRate(models.Model):
    """A rate that invoices may use. Lines keep their own copy, so a change alters no invoice."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    percent = models.DecimalField(
        _("percent"),
        max_digits=6,
        decimal_places=3,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    offered = models.BooleanField(_("offered for accounts"), default=True)

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="tax_rate_percent"
            )
        ]

    def __str__(self) -> str:
        return self.name


class BillingSchedule(models.TextChoices):
    """accounts.billing.terms.Schedule, in words."""

    TERM = "term", _("The whole term in advance")
    YEARLY = "yearly", _("Every year of the term in advance")
    MONTHLY = "monthly", _("Every month of the term in advance")


class BillingAccount(Licensing):
    """What the platform needs to bill one agency."""

    legal_name = models.CharField(_("name on invoices"), max_length=200)
    address = models.TextField(_("address"), max_length=500)
    contact_name = models.CharField(_("billing contact"), max_length=150, blank=True)
    contact_email = models.EmailField(_("e-mail of the billing contact"))
    language = models.CharField(
        _("language of invoices"), max_length=2, choices=LANGUAGES, default="en"
    )
    tax_id = models.CharField(_("tax number"), max_length=40, blank=True)
    buyer_reference = models.CharField(_("the agency's reference"), max_length=80, blank=True)
    tax_rate = models.ForeignKey(
        TaxRate, models.PROTECT, related_name="+", verbose_name=_("tax rate")
    )
    payment_terms_days = models.PositiveSmallIntegerField(
        _("days to pay"), default=30, validators=[MaxValueValidator(365)]
    )
    schedule = models.CharField(
        _("billed"), max_length=10, choices=BillingSchedule.choices, default=BillingSchedule.TERM
    )

    objects: LicensingManager["BillingAccount"] = LicensingManager()

    class Meta:
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")
        ordering = ["legal_name"]
        constraints = [
            models.UniqueConstraint(fields=["agency"], name="billing_account_one"),
            models.CheckConstraint(
                condition=Q(payment_terms_days__lte=365), name="billing_account_terms"
            ),
            models.CheckConstraint(
                condition=Q(schedule__in=BillingSchedule.values), name="billing_account_schedule"
            ),
            models.CheckConstraint(
                condition=Q(language__in=[code for code, _name in LANGUAGES]),
                name="billing_account_language",
            ),
        ]

    def __str__(self) -> str:
        return self.legal_name
