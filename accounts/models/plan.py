"""The catalogue of what the platform offers; sold licenses keep their own copy of the terms."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.purposes import Purpose, SourceKind

CURRENCY = RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, for example USD."))


class Limits(models.Model):
    """What plans and licenses have in common: an empty number means no limit."""

    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    searches_per_month = models.PositiveIntegerField(_("searches a month"), null=True, blank=True)
    searches_per_term = models.PositiveIntegerField(_("searches a term"), null=True, blank=True)
    faces = models.PositiveIntegerField(_("enrolled faces"), null=True, blank=True)
    purposes = ArrayField(
        models.CharField(max_length=30, choices=Purpose.choices), verbose_name=_("purposes")
    )
    source_kinds = ArrayField(
        models.CharField(max_length=30, choices=SourceKind.choices),
        verbose_name=_("kinds of source"),
    )
    overage_allowed = models.BooleanField(_("searches beyond the limit"), default=False)
    # In the currency of the plan or license, for one search.
    overage_unit_price = models.DecimalField(
        _("price of a search beyond the limit"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    # Over the whole term; searches beyond a month's limit and beyond the term's count alike.
    overage_cap = models.PositiveIntegerField(
        _("most searches beyond the limit in the term"), null=True, blank=True
    )
    grace_days = models.PositiveSmallIntegerField(
        _("days of grace after the end"), default=0, blank=True
    )

    class Meta:
        abstract = True


def limits_constraints(name: str) -> list[models.CheckConstraint]:
    """Closed lists, and no overage without a price and a cap."""
    return [
        models.CheckConstraint(
            condition=Q(purposes__contained_by=Purpose.values, purposes__len__gt=0),
            name=f"{name}_known_purposes",
        ),
        models.CheckConstraint(
            condition=Q(source_kinds__contained_by=SourceKind.values, source_kinds__len__gt=0),
            name=f"{name}_known_source_kinds",
        ),
        models.CheckConstraint(
            condition=Q(overage_allowed=False)
            | Q(overage_unit_price__gte=0, overage_cap__isnull=False),
            name=f"{name}_overage_priced",
        ),
        models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name=f"{name}_currency"),
    ]


class Plan(Limits):
    """One version of an offer. A published one never changes: a change is a new version."""

    code = models.SlugField(_("code"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"), editable=False)
    name = models.CharField(_("name"), max_length=120)
    currency = models.CharField(_("currency"), max_length=3, validators=[CURRENCY])
    # For one term.
    price = models.DecimalField(
        _("price of a term"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    term_months = models.PositiveSmallIntegerField(
        _("months of a term"), default=12, validators=[MinValueValidator(1)]
    )
    published_at = models.DateTimeField(_("published"), null=True, editable=False)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="plan_version_once"),
            models.CheckConstraint(
                condition=Q(price__gte=0, term_months__gt=0), name="plan_price_and_term"
            ),
            *limits_constraints("plan"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code}, {self.version})"
