"""What belongs to a request: links of the person, notes, chosen subjects, letters."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from oversight.models.request import SubjectRequest
from oversight.models.request_words import LetterAbout, NoteKind
from portal.tenancy import TenantForeignKey, TenantModel
from searches.sealed import sealed_column, sealed_text


class RequestLink(TenantModel):
    """A secret address under which the person follows the request. Only its hash is kept.

    `mailed` ones went to the e-mail address that was given: opening one shows that it is theirs.
    """

    request = TenantForeignKey(SubjectRequest, related_name="links")
    token_hash = models.CharField(max_length=64, editable=False)
    mailed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "token_hash"], name="request_link_once"),
        ]

    def __str__(self) -> str:
        return f"link of {self.request_id}"


class RequestNote(TenantModel):
    """A note of the agency, or a message between it and the person; sealed, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = TenantForeignKey(SubjectRequest, related_name="notes")
    kind = models.CharField(max_length=8, choices=NoteKind.choices)
    text_sealed = sealed_column()
    author_id = models.BigIntegerField(null=True, editable=False)
    author_label = models.CharField(max_length=254, blank=True, editable=False)
    written_at = models.DateTimeField(auto_now_add=True)

    text = sealed_text("text_sealed")

    class Meta:
        verbose_name = _("note on a request")
        verbose_name_plural = _("notes on requests")
        ordering = ["-written_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=NoteKind.values), name="request_note_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.request_id}"


class RequestSubject(TenantModel):
    """A subject of a gallery that the handler found by the agency's own reference.

    No foreign key: erasing the subject must not wait for the request, which keeps the reference.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = TenantForeignKey(SubjectRequest, related_name="subjects")
    subject_id = models.UUIDField(editable=False)
    gallery_id = models.UUIDField(editable=False)
    reference_sealed = sealed_column()

    reference = sealed_text("reference_sealed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "request", "subject_id"], name="request_subject_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} in {self.request_id}"


class RequestLetter(TenantModel):
    """A letter to the person as a sealed PDF; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = TenantForeignKey(SubjectRequest, related_name="letters")
    about = models.CharField(max_length=10, choices=LetterAbout.choices)
    language = models.CharField(max_length=2)
    file_key = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by_label = models.CharField(max_length=254, editable=False)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "request", "about"], name="request_letter_once"
            ),
            models.CheckConstraint(
                condition=models.Q(about__in=LetterAbout.values), name="request_letter_about"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about} of {self.request_id}"
