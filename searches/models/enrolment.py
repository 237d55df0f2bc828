"""One picture on its way into a gallery."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey
from searches.marked import is_whole, reference_field
from searches.models.gallery import FaceImage, Gallery
from searches.models.job import Job
from searches.models.register import SourceRegister
from searches.sealed import sealed_column


class Enrolment(Job):
    """Asked for on a page; the picture is kept only if the worker finds one usable face in it.

    At HELD it resembles another subject, and a person decides (galleries.models.ReviewItem). Its
    file waits sealed; there is no template of it, and its place in the quota stays reserved.
    """

    gallery = TenantForeignKey(Gallery, related_name="+")
    reference_sealed = sealed_column()
    reference = reference_field(verbose_name=_("subject reference"))
    register = TenantForeignKey(SourceRegister, related_name="+")
    collected_on = models.DateField(_("collected on"))
    expires_given = models.DateField(null=True, editable=False)
    file_key = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64)
    portrait_key = models.CharField(max_length=80, blank=True)
    """The face of a picture that is held for review; a review shows it."""
    is_cleared = models.BooleanField(default=False)
    """A person looked at the picture and decided that it is enrolled; nothing is compared again."""
    image = TenantForeignKey(FaceImage, null=True, related_name="+")

    class Meta(Job.Meta):
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(
                fields=["agency_id", "gallery", "sha256"],
                condition=models.Q(state="held"),
                name="enrolment_held_once",
            ),
            models.CheckConstraint(condition=is_whole("reference"), name="enrolment_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.state}"
