"""The agency, which is the tenant."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AgencyState(models.TextChoices):
    """Where an agency stands with the platform; accounts/agency_states.py says what it allows."""

    TRIAL = "trial", _("On trial")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


@cache
def time_zones() -> frozenset[str]:
    """The names of the machine's time zones: to find them, six hundred files are looked at."""
    return frozenset(available_timezones())


def known_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(_("There is no such time zone."), "time_zone_unknown")


class Agency(models.Model):
    """An organisation that licenses Candor. Its rows are visible to nobody else's code.

    `data_key` encrypts its files and texts: a ring of versions (portal.datakeys), each wrapped by
    the installation's master key.
    """

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(
        _("short name"),
        max_length=60,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Lower-case letters, digits, hyphens."))
        ],
    )
    jurisdiction = models.CharField(_("jurisdiction"), max_length=200, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=150, blank=True)
    contact_email = models.EmailField(_("e-mail of the contact person"), blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[known_time_zone]
    )
    state = models.CharField(
        _("state"), max_length=10, choices=AgencyState.choices, default=AgencyState.TRIAL
    )
    # Where a suspended agency goes back to.
    suspended_from = models.CharField(
        max_length=10, choices=AgencyState.choices, blank=True, editable=False
    )
    state_reason = models.TextField(_("reason of the state"), blank=True, editable=False)
    data_key = models.BinaryField(editable=False)
    # Nobody without a valid training certificate does what needs a training.
    certificates_required = models.BooleanField(_("certificates required"), default=False)
    # A training place, in which all people of the pictures are made up: so for good, or never.
    is_sandbox = models.BooleanField(_("training place"), default=False, editable=False)
    # What the vendor has switched off for it (accounts/features.py).
    features_off = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    # The latest version of its policies, where a query brought it along (accounts/policies.py).
    stored_policy: dict[str, Any] | None = None

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=AgencyState.values), name="agency_known_state"
            ),
            models.CheckConstraint(
                condition=Q(
                    state=AgencyState.SUSPENDED,
                    suspended_from__in=[AgencyState.TRIAL, AgencyState.ACTIVE],
                )
                | (~Q(state=AgencyState.SUSPENDED) & Q(suspended_from="")),
                name="agency_suspended_from_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.name
