"""Imports of agencies from other installations: where the files of one that was cut off lie."""

from django.db import models


class AgencyImport(models.Model):
    """An import that began; in the platform's scope alone.

    The row is committed before the first file is stored, and goes with the last one of an import
    that failed. So whatever an import that was killed has left is found by the next one.
    """

    folder = models.BigIntegerField(unique=True, editable=False)
    """The number that the agency is to have, and by which its files lie in the store."""
    manifest_sha256 = models.CharField(max_length=64, editable=False)
    first_head = models.CharField(max_length=64, editable=False)
    """The head after the first link of the agency's record: the same for all of its exports."""
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first_head"],
                condition=models.Q(finished_at__isnull=False),
                name="agency_imported_once",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.folder}"
