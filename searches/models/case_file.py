"""Who works on a case, and what was written down in it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.case import Case
from searches.sealed import sealed_column, sealed_text


class CaseMember(TenantModel):
    """A time during which a person could see a case. The database lets it end and nothing else.

    An owner who is a person always has one that has not ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = TenantForeignKey(Case, related_name="members")
    user_id = models.BigIntegerField(editable=False)
    label = models.CharField(max_length=254, editable=False)
    added_by_label = models.CharField(max_length=254, editable=False)
    added_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by_label = models.CharField(max_length=254, blank=True, editable=False)

    class Meta:
        verbose_name = _("member of a case")
        verbose_name_plural = _("members of cases")
        ordering = ["added_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "case", "user_id"],
                condition=models.Q(ended_at=None),
                name="case_member_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "user_id"],
                condition=models.Q(ended_at=None),
                name="case_member_of_person",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class NoteKind(models.TextChoices):
    """What a note stands beside: nothing, or an act whose reason it is."""

    NOTE = "note", _("Note")
    CLOSED = "closed", _("Reason for closing")
    REOPENED = "reopened", _("Reason for reopening")
    HELD = "held", _("Reason for the legal hold")
    HOLD_LIFTED = "hold_lifted", _("Reason for lifting the legal hold")
    CAP_CHANGED = "cap_changed", _("Reason for another number of searches")


class CaseNote(TenantModel):
    """A note or a reason, sealed, written once and never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = TenantForeignKey(Case, related_name="notes")
    kind = models.CharField(max_length=20, choices=NoteKind.choices, default=NoteKind.NOTE)
    text_sealed = sealed_column()
    text = sealed_text("text_sealed")
    author_id = models.BigIntegerField(null=True, editable=False)
    author_label = models.CharField(max_length=254, editable=False)
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-written_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=NoteKind.values), name="case_note_kind"
            ),
            models.CheckConstraint(
                condition=~models.Q(text_sealed=b""), name="case_note_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"
