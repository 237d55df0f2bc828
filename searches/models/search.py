"""A search and its candidates."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.purposes import Purpose
from portal.tenancy import TenantForeignKey, TenantModel
from searches.engines.base import Face
from searches.models.case import Case
from searches.models.gallery import FaceImage, Gallery, Subject
from searches.models.job import Job
from searches.models.probe import Probe

MIN_LIMIT, DEFAULT_LIMIT, MAX_LIMIT = 2, 20, 50  # the FBI's NGI-IPS rule for candidate lists


class Search(Job):
    """One chosen face of a probe, searched once in chosen galleries."""

    case = TenantForeignKey(Case, related_name="searches")
    probe = TenantForeignKey(Probe, related_name="searches")
    face_index = models.PositiveSmallIntegerField(_("face"))
    # Empty on searches from before purposes were asked for; the database refuses new ones without.
    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose.choices)
    limit = models.PositiveSmallIntegerField(_("candidates at most"), default=DEFAULT_LIMIT)
    contract_id = models.CharField(max_length=100, blank=True, editable=False)
    scale = models.CharField(max_length=120, blank=True, editable=False)
    published_threshold = models.FloatField(null=True, editable=False)
    templates_searched = models.BigIntegerField(null=True, editable=False)

    class Meta(Job.Meta):
        verbose_name = _("search")
        verbose_name_plural = _("searches")
        ordering = ["-created_at"]
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(limit__gte=MIN_LIMIT, limit__lte=MAX_LIMIT), name="search_limit"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=["", *Purpose.values]), name="search_purpose"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def face(self) -> Face:
        faces: list[Face] = self.probe.found_faces()
        return faces[self.face_index]


class SearchedGallery(TenantModel):
    """A gallery that a search was asked to look in."""

    search = TenantForeignKey(Search, models.CASCADE, related_name="searched_galleries")
    gallery = TenantForeignKey(Gallery, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "search", "gallery"], name="searched_gallery_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.search_id} in {self.gallery_id}"


class Candidate(TenantModel):
    """A subject whose best picture is among the most similar. A lead to examine, never a match."""

    search = TenantForeignKey(Search, models.CASCADE, related_name="candidates")
    rank = models.PositiveSmallIntegerField()
    gallery = TenantForeignKey(Gallery, related_name="+")
    subject = TenantForeignKey(Subject, related_name="+")
    image = TenantForeignKey(FaceImage, related_name="+")
    similarity = models.FloatField()

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "search", "rank"], name="candidate_rank"),
            models.UniqueConstraint(
                fields=["agency_id", "search", "subject"], name="candidate_subject_once"
            ),
            models.CheckConstraint(
                condition=models.Q(similarity__gte=-1.01, similarity__lte=1.01),
                name="candidate_cosine",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.search_id} #{self.rank}"
