"""Log-in by an agency's own identity provider (OpenID Connect)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User
from portal.tenancy import TenantForeignKey, TenantModel

# Lower-case letters, digits and hyphens; at least two labels. IDNs in their xn-- form.
DOMAIN_PATTERN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$"


class SecondFactorRule(models.TextChoices):
    """How the provider must show that people proved more than a password."""

    NONE = "none", _("Not checked: the provider asks for a second factor anyway")
    AMR = "amr", _("The token's “amr” must contain one of these")
    ACR = "acr", _("The token's “acr” must be one of these")


class IdentityProvider(TenantModel):
    """The one identity provider of an agency. Its secret is sealed by the master key.

    People get in by it once it is enabled and the platform has confirmed a domain.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name on the button"), max_length=60)
    issuer = models.CharField(_("issuer"), max_length=300)
    client_id = models.CharField(_("client ID"), max_length=200)
    client_secret = models.BinaryField(editable=False)
    second_factor = models.CharField(
        _("second factor"),
        max_length=4,
        choices=SecondFactorRule.choices,
        default=SecondFactorRule.NONE,
    )
    second_factor_values = models.CharField(_("accepted values"), max_length=200, blank=True)
    # Providers of organisations often leave "email_verified" out: their admins set all addresses.
    addresses_verified = models.BooleanField(
        _("the provider knows only addresses that the agency itself has assigned"), default=False
    )
    enabled_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("identity provider")
        verbose_name_plural = _("identity providers")
        constraints = [
            models.UniqueConstraint(fields=["agency_id"], name="provider_one_an_agency"),
            models.CheckConstraint(
                condition=Q(second_factor=SecondFactorRule.NONE)
                | (
                    Q(second_factor__in=[SecondFactorRule.AMR, SecondFactorRule.ACR])
                    & ~Q(second_factor_values="")
                ),
                name="provider_known_second_factor",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def accepted_values(self) -> list[str]:
        """What the rule for second factors compares with."""
        return self.second_factor_values.split()


class SignOnDomain(TenantModel):
    """A domain of e-mail addresses whose people log in by the agency's provider.

    The agency proposes it; the platform alone confirms it (a trigger sees to that), for one
    agency at most.
    """

    provider = TenantForeignKey(IdentityProvider, models.CASCADE, related_name="domains")
    domain = models.CharField(_("domain"), max_length=253)
    proposed_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    proposed_by_label = models.CharField(_("proposed by"), max_length=254, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    confirmed_by_label = models.CharField(_("confirmed by"), max_length=254, editable=False)

    class Meta:
        verbose_name = _("domain of single sign-on")
        verbose_name_plural = _("domains of single sign-on")
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "domain"], name="sign_on_domain_once"),
            models.UniqueConstraint(
                fields=["domain"],
                condition=Q(confirmed_at__isnull=False),
                name="sign_on_domain_of_one_agency",
            ),
            models.CheckConstraint(
                condition=Q(domain__regex=DOMAIN_PATTERN), name="sign_on_domain_form"
            ),
        ]

    def __str__(self) -> str:
        return self.domain


class SignOnLink(TenantModel):
    """Who a person is at an issuer: from the first log-in on this counts, not the address."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=191)
    linked_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField()

    class Meta:
        verbose_name = _("link to an identity provider")
        verbose_name_plural = _("links to identity providers")
        ordering = ["user__name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "issuer", "subject"], name="sign_on_link_of_one_person"
            ),
            models.UniqueConstraint(
                fields=["agency_id", "issuer", "user"], name="sign_on_link_one_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.issuer}"
