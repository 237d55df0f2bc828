"""The picture that is searched with, and the faces found in it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey
from searches.engines.base import Face
from searches.models.case import Case
from searches.models.job import Job


class Probe(Job):
    """Finding the faces is the job; a picture that cannot be read is rejected before any row."""

    case = TenantForeignKey(Case, related_name="probes")
    file_key = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField(null=True, help_text="of the upright picture")
    height = models.PositiveIntegerField(null=True)
    quarter_turns = models.PositiveSmallIntegerField(
        default=0, help_text="clockwise turns that brought the faces upright"
    )
    wanted_turns = models.PositiveSmallIntegerField(
        null=True, help_text="clockwise turns a person asked for; empty lets the worker try"
    )
    faces = models.JSONField(default=list)
    display_key = models.CharField(max_length=80, blank=True, help_text="upright, for the screen")
    portrait_keys = models.JSONField(default=list, help_text="one per face, in their order")

    class Meta(Job.Meta):
        verbose_name = _("probe")
        verbose_name_plural = _("probes")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    def found_faces(self) -> list[Face]:
        return [Face.from_json(value) for value in self.faces]
