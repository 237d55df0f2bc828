"""What a search was permitted to do, sealed, and who permitted it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.search import Search
from searches.sealed import sealed_column, sealed_text


class SearchToken(TenantModel):
    """The signed statement of what one search does; the worker does that and nothing else.

    `document` is RFC 8785 JSON (searches/services/sealing.py). The database refuses every change.
    """

    search = TenantForeignKey(Search, related_name="tokens")
    document = models.TextField()
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=100)
    expires_at = models.DateTimeField()
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("sealed token")
        verbose_name_plural = _("sealed tokens")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "search"], name="search_token_once"),
        ]

    def __str__(self) -> str:
        return f"token of {self.search_id}"


class Decision(models.TextChoices):
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class Authorization(TenantModel):
    """One person's decision on another person's search.

    `requested_by_id` is written by the database from the search, so that the constraint that
    nobody authorizes their own cannot be talked out of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, related_name="authorizations")
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices)
    decided_by_id = models.BigIntegerField(editable=False)
    decided_by_label = models.CharField(max_length=254, editable=False)
    requested_by_id = models.BigIntegerField(null=True, editable=False)
    reason_sealed = sealed_column()
    decided_at = models.DateTimeField(auto_now_add=True)

    reason = sealed_text("reason_sealed")

    class Meta:
        verbose_name = _("authorization")
        verbose_name_plural = _("authorizations")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "search"], name="authorization_once"),
            models.CheckConstraint(
                condition=models.Q(decision__in=Decision.values), name="authorization_decision"
            ),
            models.CheckConstraint(
                condition=models.Q(requested_by_id=None)
                | ~models.Q(decided_by_id=models.F("requested_by_id")),
                name="nobody_authorizes_their_own",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.search_id}"
