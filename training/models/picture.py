"""The drawn pictures of a sandbox: who is in them is known."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel


class PracticePicture(TenantModel):
    """A picture to search with, and the subject of the sandbox's gallery who is in it.

    Whoever practises downloads it; the hash tells the made-up examiners whom they look for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=120, help_text="of the subject in the gallery")
    sha256 = models.CharField(max_length=64)
    file_key = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("practice picture")
        verbose_name_plural = _("practice pictures")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "number"], name="practice_picture_number"),
            models.UniqueConstraint(fields=["agency_id", "sha256"], name="practice_picture_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.reference}"
