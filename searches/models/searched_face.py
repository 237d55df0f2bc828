"""The face that a search looked for, as numbers: kept sealed, to find misuse and nothing else."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.search import Search


class SearchedFace(TenantModel):
    """The template of one searched face, sealed with the agency's key (docs/adr/0013).

    It is written with the candidates and goes with them. No page shows it, no search compares
    with it; of exports only that of a closed agency has it, which has its picture, too. The
    database lets it come from a running search only, never change, and be deleted with the content
    of its search.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, models.CASCADE, related_name="searched_faces")
    contract_id = models.CharField(max_length=100)
    sealed = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("searched face")
        verbose_name_plural = _("searched faces")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "search"], name="searched_face_once"),
            models.CheckConstraint(
                condition=~models.Q(sealed=b"") & ~models.Q(contract_id=""),
                name="searched_face_given",
            ),
        ]

    def __str__(self) -> str:
        return f"face of {self.search_id}"
