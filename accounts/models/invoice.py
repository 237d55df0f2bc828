"""Invoices and credit notes; the database freezes them when they are issued."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.license import License, Licensing
from portal.tenancy import LicensingManager, TenantForeignKey

MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}


class DocumentKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


class InvoiceState(models.TextChoices):
    """Where a document stands; never stored, it follows from numbers, payments and the day."""

    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Issued")
    PARTLY_PAID = "partly_paid", _("Partly paid")
    PAID = "paid", _("Paid")
    OVERDUE = "overdue", _("Overdue")
    VOID = "void", _("Void")


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def with_balance(self) -> "InvoiceQuerySet":
        """With `paid`, `credited`, `balance` (what is still owed) and `state_now`."""
        zero = Value(0, models.DecimalField(**MONEY))
        payments = Invoice.objects.filter(pk=OuterRef("pk"))
        notes = Invoice.objects.filter(credits=OuterRef("pk"), issued_at__isnull=False)
        sums = {
            "paid": _sum_of(payments, "pk", "payments__amount"),
            "credited": _sum_of(notes, "credits", "total"),
        }
        counted = self.annotate(**{name: Coalesce(sum_, zero) for name, sum_ in sums.items()})
        owed = Case(
            When(kind=DocumentKind.INVOICE, then=F("total") - F("paid") - F("credited")),
            default=zero,
        )
        return counted.annotate(**{"balance": owed}).annotate(**{"state_now": _STATE})


def _sum_of(rows: Any, by: str, column: str) -> Subquery:
    return Subquery(rows.order_by().values(by).annotate(sum=Sum(column)).values("sum"))


_STATE = Case(
    When(issued_at=None, then=Value(InvoiceState.DRAFT)),
    When(kind=DocumentKind.CREDIT_NOTE, then=Value(InvoiceState.ISSUED)),
    When(credited__gte=F("total"), then=Value(InvoiceState.VOID)),
    When(balance__lte=0, then=Value(InvoiceState.PAID)),
    When(overdue_at__lte=Now(), then=Value(InvoiceState.OVERDUE)),
    When(paid__gt=0, then=Value(InvoiceState.PARTLY_PAID)),
    default=Value(InvoiceState.ISSUED),
    output_field=models.CharField(),
)


class InvoiceManager(LicensingManager["Invoice"]):
    def get_queryset(self) -> InvoiceQuerySet:
        rows = super().get_queryset()
        own = InvoiceQuerySet(self.model, using=self._db)
        own.query = rows.query
        return own

    def with_balance(self) -> InvoiceQuerySet:
        return self.get_queryset().with_balance()


class Invoice(Licensing):
    """An invoice or a credit note: a draft until `issued_at` is set, frozen from then on.

    A trigger gives the number, without gaps in each year, and checks net, tax and total.
    `frozen` keeps the names, addresses and sums of tax of the day of issue.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind.choices, editable=False)
    license = TenantForeignKey(
        License, related_name="invoices", null=True, editable=False, verbose_name=_("license")
    )
    credits = TenantForeignKey(
        "self", related_name="credit_notes", null=True, editable=False, verbose_name=_("credits")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    currency = models.CharField(_("currency"), max_length=3, editable=False)
    minor_units = models.PositiveSmallIntegerField(editable=False)
    language = models.CharField(max_length=2, editable=False)
    drafted_at = models.DateTimeField(_("drafted"), db_default=Now(), editable=False)
    drafted_by_label = models.CharField(_("drafted by"), max_length=254, editable=False)
    number = models.CharField(_("number"), max_length=20, blank=True, editable=False)
    year = models.PositiveSmallIntegerField(null=True, editable=False)
    sequence = models.PositiveIntegerField(null=True, editable=False)
    issued_at = models.DateTimeField(_("issued"), null=True, editable=False)
    issued_by_label = models.CharField(_("issued by"), max_length=254, editable=False, blank=True)
    # Days of the agency; it is overdue from the instant in which the day after due_on begins there.
    issued_on = models.DateField(_("date"), null=True, editable=False)
    due_on = models.DateField(_("due"), null=True, editable=False)
    overdue_at = models.DateTimeField(null=True, editable=False)
    net = models.DecimalField(_("net"), null=True, editable=False, **MONEY)
    tax = models.DecimalField(_("tax"), null=True, editable=False, **MONEY)
    total = models.DecimalField(_("total"), null=True, editable=False, **MONEY)
    frozen = models.JSONField(null=True, editable=False)

    objects = InvoiceManager()

    # Of with_balance().
    paid: Any
    credited: Any
    balance: Any
    state_now: Any

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["agency", "-id"], name="invoice_of_agency"),
            models.Index(fields=["issued_on"], name="invoice_by_day"),
            models.Index(fields=["credits"], name="invoice_credited"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "sequence"], name="invoice_sequence"),
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="invoice_number_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=DocumentKind.values), name="invoice_kind"),
            models.CheckConstraint(
                condition=Q(kind=DocumentKind.INVOICE, credits=None)
                | (Q(kind=DocumentKind.CREDIT_NOTE, credits__isnull=False) & ~Q(reason="")),
                name="invoice_credit_note_credits",
            ),
            models.CheckConstraint(
                condition=Q(
                    issued_at=None,
                    number="",
                    year=None,
                    sequence=None,
                    issued_on=None,
                    total=None,
                )
                | Q(
                    issued_at__isnull=False,
                    number__regex=r"^(INV|CN)-[0-9]{4}-[0-9]{5,}$",
                    year__isnull=False,
                    sequence__isnull=False,
                    issued_on__isnull=False,
                    due_on__gte=F("issued_on"),
                    overdue_at__isnull=False,
                    net__isnull=False,
                    tax__isnull=False,
                    total=F("net") + F("tax"),
                    total__gt=0,
                    frozen__isnull=False,
                ),
                name="invoice_issued_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.get_kind_display()} {self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.issued_at is None

    @property
    def days_overdue(self) -> int:
        """Whole days since it became overdue; 0 before."""
        if self.overdue_at is None:
            return 0
        return max(0, (timezone.now() - self.overdue_at) // timedelta(days=1))


class CreditNote(Invoice):
    """The credit notes among the documents, for a page of their own."""

    class Meta:
        proxy = True
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
