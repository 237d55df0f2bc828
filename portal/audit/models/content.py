"""What people wrote about an act, sealed apart from the entry so that it can be destroyed."""

from django.db import models


class AuditKey(models.Model):
    """The key of one case's, or one search's, content in the record, sealed by the agency's key.

    Destroying the row destroys the content, also where a backup still has the sealed bytes.
    """

    agency_id = models.BigIntegerField(null=True, editable=False)
    about = models.CharField(max_length=60, editable=False)
    case_id = models.CharField(max_length=40, blank=True, editable=False)
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "about"], nulls_distinct=False, name="audit_key_once"
            ),
        ]

    def __str__(self) -> str:
        return f"key of {self.about}"


class AuditContent(models.Model):
    """The sealed content of one entry, with the salt of its digest in it."""

    entry_id = models.BigIntegerField(primary_key=True, editable=False)
    agency_id = models.BigIntegerField(null=True, editable=False)
    about = models.CharField(max_length=60, editable=False)
    sealed = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["agency_id", "about"], name="audit_content_about")]

    def __str__(self) -> str:
        return f"content of {self.entry_id}"
