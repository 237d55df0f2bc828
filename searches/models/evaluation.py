"""How often an engine errs, as an agency measured it on labelled pictures of its own."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel


class EngineEvaluation(TenantModel):
    """What `manage.py evaluate` found for one embedding contract; it never changes.

    Figures and a name alone: no picture, no subject, no path.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract_id = models.CharField(max_length=100, editable=False)
    name = models.CharField(_("measured on"), max_length=200, editable=False)
    made_at = models.DateTimeField(editable=False)
    pictures = models.PositiveIntegerField(editable=False)
    subjects = models.PositiveIntegerField(editable=False)
    figures = models.JSONField(editable=False)
    """The parts `identification` (without its curves) and `failures` of evaluation.schema.json."""
    document_sha256 = models.CharField(max_length=64, editable=False)
    kept_by_id = models.BigIntegerField(null=True, editable=False)
    kept_by_label = models.CharField(max_length=254, editable=False)
    kept_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("evaluation of an engine")
        verbose_name_plural = _("evaluations of engines")
        ordering = ["-kept_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "contract_id", "document_sha256"],
                name="engine_evaluation_kept_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "contract_id", "-kept_at"], name="engine_evaluation_latest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.name}"
