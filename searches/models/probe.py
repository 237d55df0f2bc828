"""The picture that is searched with, and the faces found in it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey
from searches.engines.base import Face
from searches.models.case import Case
from searches.models.job import Job
from searches.sealed import sealed_column, sealed_text


class CaptureKind(models.TextChoices):
    """What took the picture."""

    CCTV = "cctv", _("Surveillance camera")
    BODY_WORN = "body_worn", _("Body-worn or vehicle camera of the agency")
    WITNESS_PHONE = "witness_phone", _("Phone of a victim or witness")
    DOCUMENT_PHOTO = "document_photo", _("Photograph in a document")
    SOCIAL_MEDIA = "social_media", _("Account in a social network")
    SEIZED_DEVICE = "seized_device", _("Seized device")
    OTHER = "other", _("Something else")


class Probe(Job):
    """Finding the faces is the job; a picture that cannot be read is rejected before any row.

    The uploaded file and its hash never change. What is shown, analysed and searched is the
    derivative `current_edit`, or the upload itself while there is none.
    """

    case = TenantForeignKey(Case, related_name="probes")
    file_key = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=40)
    # Empty on probes from before they were asked for; the database refuses new ones without.
    captured_on = models.DateField(_("captured on"), null=True)
    capture_kind = models.CharField(
        _("taken by"), max_length=20, choices=CaptureKind.choices, blank=True
    )
    sealed_place = sealed_column()
    sealed_device = sealed_column()
    current_edit = TenantForeignKey(
        "searches.ProbeEdit", models.SET_NULL, null=True, related_name="+"
    )
    width = models.PositiveIntegerField(null=True, help_text="of the upright picture")
    height = models.PositiveIntegerField(null=True)
    quarter_turns = models.PositiveSmallIntegerField(
        default=0, help_text="clockwise turns that brought the faces upright"
    )
    wanted_turns = models.PositiveSmallIntegerField(
        null=True, help_text="clockwise turns a person asked for; empty lets the worker try"
    )
    faces = models.JSONField(default=list)
    # Empty on probes from before it was kept.
    found_by = models.CharField(
        max_length=100,
        blank=True,
        editable=False,
        help_text="contract of the engine that found the faces",
    )
    display_key = models.CharField(max_length=80, blank=True, help_text="upright, for the screen")
    portrait_keys = models.JSONField(default=list, help_text="one per face, in their order")

    capture_place = sealed_text("sealed_place")
    capture_device = sealed_text("sealed_device")

    class Meta(Job.Meta):
        verbose_name = _("probe")
        verbose_name_plural = _("probes")
        ordering = ["-created_at"]
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(capture_kind__in=["", *CaptureKind.values]),
                name="probe_capture_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    def found_faces(self) -> list[Face]:
        return [Face.from_json(value) for value in self.faces]

    @property
    def is_erased(self) -> bool:
        """Whether its pictures are gone, and only the row with the hash is left."""
        return not self.file_key

    @property
    def shown_as(self) -> str:
        """Names the picture as a page shows it, so that nobody edits one that they never saw."""
        return f"{self.current_edit_id or 'original'}.{self.quarter_turns}"
