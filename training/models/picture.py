"""The drawn pictures of a sandbox: who is in them is known."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel


class PracticePicture(TenantModel):
    """A drawn picture, and the subject of the sandbox's gallery who is in it.

    The database takes no other picture into a sandbox. Those with a number are downloaded to search
    with; their hash tells the made-up examiners whom they look for. The others are of the gallery.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveSmallIntegerField(null=True)
    reference = models.CharField(max_length=120, help_text="of the subject in the gallery")
    sha256 = models.CharField(max_length=64)
    file_key = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("practice picture")
        verbose_name_plural = _("practice pictures")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "number"], name="practice_picture_number"),
            models.UniqueConstraint(fields=["agency_id", "sha256"], name="practice_picture_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number or '-'}: {self.reference}"
