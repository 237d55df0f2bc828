"""What somebody has entered for a search and not submitted yet."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.case import Case
from searches.models.probe import Probe
from searches.sealed import sealed_column


class SearchDraft(TenantModel):
    """The work of one person on one picture, or on a case while there is no picture yet.

    `entered_sealed` holds the values of the form as JSON, sealed with the agency's key and bound to
    this row; it is no sealed text, because no export opens it: nobody but its owner reads a draft
    (searches/services/drafts.py). The database lets no draft be of a closed case or of an erased
    picture, and never lets it become another person's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.BigIntegerField(editable=False)
    case = TenantForeignKey(Case, models.CASCADE, related_name="drafts")
    probe = TenantForeignKey(Probe, models.CASCADE, null=True, related_name="drafts")
    entered_sealed = sealed_column()
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    saved_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("draft of a search")
        verbose_name_plural = _("drafts of searches")
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "owner_id", "probe"],
                condition=models.Q(probe__isnull=False),
                name="draft_of_probe_once",
            ),
            models.UniqueConstraint(
                fields=["agency_id", "owner_id", "case"],
                condition=models.Q(probe=None),
                name="draft_of_case_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(entered_sealed=b""), name="draft_says_something"
            ),
        ]
        indexes = [
            models.Index(fields=["agency_id", "owner_id", "-saved_at"], name="draft_of_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} of {self.owner_id}"
