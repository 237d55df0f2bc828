"""What is left of an erased file: a keyed digest, so that the same file is not enrolled again."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel


class ErasedFile(TenantModel):
    """The tombstone of one file. `digest` is keyed by the agency's data key: nobody without it can
    tell of which file it is, and with it only whoever has the file."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64)
    erasure_id = models.UUIDField()
    erased_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("erased file")
        verbose_name_plural = _("erased files")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "digest"], name="erased_file_once"),
        ]

    def __str__(self) -> str:
        return self.digest[:12]
