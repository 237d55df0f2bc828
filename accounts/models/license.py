"""Licenses, their signed versions, and what was done to them."""

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.agency import Agency
from accounts.models.plan import CURRENCY, Limits, Plan, limits_constraints
from portal.tenancy import LicensingManager, TenantForeignKey

NUMBER = RegexValidator(r"^[A-Z0-9][A-Z0-9/-]*$", _("Capital letters, digits, - and / only."))


class Licensing(models.Model):
    """A row that the platform keeps about an agency, and that the agency may read.

    Its migration must name it in `ProtectLicensing`.
    """

    # ProtectLicensing makes the constraint.
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", verbose_name=_("agency"), db_constraint=False
    )

    objects: LicensingManager["models.Model"] = LicensingManager()

    class Meta:
        abstract = True

    if TYPE_CHECKING:
        agency_id: int


class License(Licensing):
    """What an agency bought under one number. It never changes: its versions say the terms."""

    number = models.CharField(_("number"), max_length=30, unique=True, validators=[NUMBER])
    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("plan")
    )
    renews = TenantForeignKey(
        "self", related_name="renewals", null=True, blank=True, verbose_name=_("renews")
    )
    # At most 31 days, for nothing, and without the papers that any other license needs.
    trial = models.BooleanField(_("trial"), default=False)
    made_at = models.DateTimeField(_("made"))

    objects: LicensingManager["License"] = LicensingManager()

    class Meta:
        verbose_name = _("license")
        verbose_name_plural = _("licenses")
        ordering = ["-id"]
        indexes = [models.Index(fields=["agency", "-id"], name="license_of_agency")]

    def __str__(self) -> str:
        return self.number


class LicenseVersion(Licensing, Limits):
    """The terms of a license from `effective_on` until a later version takes effect.

    A draft has no signature and may be changed; a signed version never changes.
    """

    license = TenantForeignKey(License, related_name="versions", verbose_name=_("license"))
    version = models.PositiveSmallIntegerField(_("version"))
    purchase_order = models.CharField(_("purchase order"), max_length=60, blank=True)
    contract_number = models.CharField(_("contract number"), max_length=60, blank=True)
    # For the whole term.
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, validators=[CURRENCY])
    signed_on = models.DateField(_("ordered on"))
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("last day"))
    # None: every gallery of the kinds of source. Ids of searches.Gallery.
    galleries = ArrayField(
        models.UUIDField(), null=True, blank=True, verbose_name=_("permitted galleries")
    )
    overage_requested_by_id = models.BigIntegerField(null=True, editable=False)
    overage_requested_by_label = models.CharField(max_length=254, blank=True, editable=False)
    overage_approved_by_id = models.BigIntegerField(null=True, editable=False)
    overage_approved_by_label = models.CharField(max_length=254, blank=True, editable=False)
    impact_assessment_id = models.CharField(_("impact assessment"), max_length=120, blank=True)
    registration_id = models.CharField(_("registration"), max_length=120, blank=True)
    effective_on = models.DateField(_("effective from"))
    change_note = models.CharField(_("what changed"), max_length=500, blank=True)
    made_by_id = models.BigIntegerField(null=True, editable=False)
    made_by_label = models.CharField(_("made by"), max_length=254, editable=False)
    made_at = models.DateTimeField(_("made"), editable=False)
    # What was signed, and its Ed25519 signature (portal.signing, kind "license").
    document = models.JSONField(null=True, editable=False)
    signature = models.CharField(max_length=100, blank=True, editable=False)
    key_id = models.CharField(max_length=16, blank=True, editable=False)
    trial = models.BooleanField(default=False, editable=False)

    objects: LicensingManager["LicenseVersion"] = LicensingManager()

    class Meta:
        verbose_name = _("version of a license")
        verbose_name_plural = _("versions of licenses")
        ordering = ["license_id", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["license", "version"], name="license_version_once"),
            models.UniqueConstraint(
                fields=["license", "effective_on"], name="license_version_one_a_day"
            ),
            models.UniqueConstraint(
                fields=["license"], condition=Q(signature=""), name="license_version_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(
                    ends_on__gte=F("starts_on"),
                    effective_on__gte=F("starts_on"),
                    effective_on__lte=F("ends_on"),
                ),
                name="license_version_days_in_order",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="license_version_amount"),
            models.CheckConstraint(
                condition=Q(signature="", key_id="", document__isnull=True)
                | (~Q(signature="") & ~Q(key_id="") & Q(document__isnull=False)),
                name="license_version_signed_whole",
            ),
            models.CheckConstraint(
                condition=Q(signature="", trial=False)
                | Q(trial=True)
                | Q(impact_assessment_id__regex=r"\S", registration_id__regex=r"\S"),
                name="license_version_papers",
            ),
            models.CheckConstraint(
                condition=Q(trial=False)
                | Q(amount=0, overage_allowed=False, ends_on__lt=F("starts_on") + 31),
                name="license_version_trial_is_short",
            ),
            models.CheckConstraint(
                condition=Q(overage_approved_by_id=None)
                | (
                    Q(overage_requested_by_id__isnull=False)
                    & ~Q(overage_approved_by_id=F("overage_requested_by_id"))
                ),
                name="license_version_overage_two_people",
            ),
            models.CheckConstraint(
                condition=Q(overage_allowed=False)
                | Q(signature="")
                | Q(overage_approved_by_id__isnull=False),
                name="license_version_overage_approved",
            ),
            *limits_constraints("license_version"),
        ]

    def __str__(self) -> str:
        return f"{self.license_id}, {self.version}"

    def clean(self) -> None:
        """The order of the days, and whole overage, said at the field concerned."""
        wrong = {}
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            wrong["ends_on"] = _("The last day must not lie before the first.")
        elif self.effective_on and not self._in_term(self.effective_on):
            wrong["effective_on"] = _("The day must lie within the term.")
        for name in ("overage_unit_price", "overage_cap"):
            if self.overage_allowed and getattr(self, name) is None:
                wrong[name] = _("Searches beyond the limit need a price and a most.")
        if wrong:
            raise ValidationError(wrong)

    def _in_term(self, day: date) -> bool:
        """Whether a day lies in the term, as far as that is known."""
        too_early = self.starts_on is not None and day < self.starts_on
        return not too_early and not (self.ends_on is not None and day > self.ends_on)

    @property
    def is_signed(self) -> bool:
        return self.signature != ""


class LicenseActKind(models.TextChoices):
    SUSPENDED = "suspended", pgettext_lazy("license", "Suspended")
    RESUMED = "resumed", pgettext_lazy("license", "Resumed")
    TERMINATED = "terminated", pgettext_lazy("license", "Terminated")


class LicenseAct(Licensing):
    """That a license was suspended, resumed or terminated, from when and why."""

    license = TenantForeignKey(License, related_name="acts", verbose_name=_("license"))
    kind = models.CharField(_("act"), max_length=10, choices=LicenseActKind.choices)
    effective_at = models.DateTimeField(_("effective from"))
    reason = models.CharField(_("reason"), max_length=500)
    actor_id = models.BigIntegerField(null=True, editable=False)
    actor_label = models.CharField(_("done by"), max_length=254, editable=False)
    made_at = models.DateTimeField(_("made"), editable=False)

    objects: LicensingManager["LicenseAct"] = LicensingManager()

    class Meta:
        verbose_name = _("act on a license")
        verbose_name_plural = _("acts on licenses")
        ordering = ["effective_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=LicenseActKind.values), name="license_act_kind"
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S(.|\n){8,}\S"), name="license_act_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(effective_at__gte=F("made_at")), name="license_act_not_backdated"
            ),
            models.UniqueConstraint(
                fields=["license"],
                condition=Q(kind=LicenseActKind.TERMINATED),
                name="license_act_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.license_id}: {self.kind}"
