"""A search and its candidates."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.purposes import Purpose
from portal.tenancy import TenantForeignKey, TenantModel
from searches.engines.base import Face
from searches.models.case import Case
from searches.models.gallery import FaceImage, Gallery, Subject
from searches.models.job import Job
from searches.models.probe import Probe
from searches.models.stage import AuthorizationNeeded, Basis, Stage
from searches.scan_words import comparison_in_words
from searches.sealed import sealed_column, sealed_text

if TYPE_CHECKING:
    from searches.models.shared_face import SharedFace

MIN_LIMIT, DEFAULT_LIMIT, MAX_LIMIT = 2, 20, 50  # the FBI's NGI-IPS rule for candidate lists

STAGE_FITS_STATE = (
    models.Q(stage=Stage.AWAITING_AUTHORIZATION, state="held")
    | models.Q(stage=Stage.QUEUED, state__in=["queued", "running"])
    | models.Q(
        stage__in=["examination", "second_examination", "adjudication", "concluded"], state="done"
    )
    | models.Q(stage=Stage.FAILED, state="failed")
    | models.Q(stage__in=["refused", "expired", "erased"], state__in=["done", "failed"])
)
AUTHORIZATION_FITS_BASIS = (
    models.Q(basis="", authorization="none")
    | models.Q(basis=Basis.INITIAL_IDENTIFICATION, authorization__in=["none", "before"])
    | models.Q(basis=Basis.AUTHORIZED, authorization="before")
    | models.Q(basis=Basis.URGENT, authorization="after", authorize_by__isnull=False)
)

# A face is of the agency's own galleries, or a copy of one of another agency's.
ONE_FACE = models.Q(
    gallery__isnull=False, subject__isnull=False, image__isnull=False, shared=None
) | models.Q(gallery=None, subject=None, image=None, shared__isnull=False)
# What a list of candidates shows of each.
WITH_FACES = ("subject", "gallery", "image", "shared__searched_grant")


class Search(Job):
    """One chosen face of a probe, searched once in chosen galleries.

    `state` is the worker's job, `stage` the procedure around it. The database keeps the two
    together, lets the stage move along its ways only, and never lets the grounds change.
    """

    case = TenantForeignKey(Case, related_name="searches")
    probe = TenantForeignKey(Probe, related_name="searches")
    face_index = models.PositiveSmallIntegerField(_("face"))
    # Empty on searches from before purposes were asked for; the database refuses new ones without.
    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose.choices)
    stage = models.CharField(max_length=24, choices=Stage.choices, default=Stage.QUEUED)
    stage_since = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    # Empty on searches from before a basis was asked for.
    basis = models.CharField(_("legal basis"), max_length=24, choices=Basis.choices)
    authorization = models.CharField(
        max_length=6, choices=AuthorizationNeeded.choices, default=AuthorizationNeeded.NONE
    )
    authorize_by = models.DateTimeField(null=True, editable=False)
    # When it was told that the results are locked; they are from authorize_by on, told or not.
    lock_told_at = models.DateTimeField(null=True, editable=False)
    reason_sealed = sealed_column()
    facts_sealed = sealed_column()
    reference_sealed = sealed_column()
    document_key = models.CharField(max_length=80, blank=True, editable=False)
    document_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    document_type = models.CharField(max_length=40, blank=True, editable=False)
    limit = models.PositiveSmallIntegerField(_("candidates at most"), default=DEFAULT_LIMIT)
    contract_id = models.CharField(max_length=100, blank=True, editable=False)
    scale = models.CharField(max_length=120, blank=True, editable=False)
    published_threshold = models.FloatField(null=True, editable=False)
    templates_searched = models.BigIntegerField(null=True, editable=False)
    comparison = models.JSONField(default=dict, editable=False)
    """Which galleries were scanned, and how that was measured; empty: all of it in SQL."""

    reason = sealed_text("reason_sealed")
    facts = sealed_text("facts_sealed")
    reference = sealed_text("reference_sealed")

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
            models.CheckConstraint(condition=models.Q(stage__in=Stage.values), name="search_stage"),
            models.CheckConstraint(condition=STAGE_FITS_STATE, name="search_stage_fits_state"),
            models.CheckConstraint(
                condition=models.Q(basis__in=["", *Basis.values]), name="search_basis"
            ),
            models.CheckConstraint(condition=AUTHORIZATION_FITS_BASIS, name="search_authorization"),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index(
                fields=["agency_id", "stage", "due_at"],
                condition=~models.Q(stage__in=["concluded", "failed", "expired", "erased"]),
                name="search_waiting",
            ),
            models.Index(
                fields=["agency_id", "authorize_by"],
                condition=models.Q(authorization="after"),
                name="search_urgent",
            ),
            models.Index(fields=["agency_id", "requested_by_id", "stage"], name="search_requester"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def comparison_in_words(self) -> str:
        return comparison_in_words(self.comparison)

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
    """A subject whose best picture is among the most similar. A lead to examine, never a match.

    Either of the agency's own galleries, or `shared`: a copy from another agency's.
    """

    search = TenantForeignKey(Search, models.CASCADE, related_name="candidates")
    rank = models.PositiveSmallIntegerField()
    gallery = TenantForeignKey(Gallery, null=True, related_name="+")
    subject = TenantForeignKey(Subject, null=True, related_name="+")
    image = TenantForeignKey(FaceImage, null=True, related_name="+")
    shared = TenantForeignKey("SharedFace", null=True, related_name="+")
    similarity = models.FloatField()
    worth = models.JSONField(default=dict, editable=False)
    """What the similarity was worth when it was searched (score_worth); empty: not measured."""

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
            models.CheckConstraint(condition=ONE_FACE, name="candidate_one_face"),
            models.UniqueConstraint(fields=["agency_id", "shared"], name="candidate_shared_once"),
        ]

    def __str__(self) -> str:
        return f"{self.search_id} #{self.rank}"

    @property
    def picture(self) -> "FaceImage | SharedFace":
        """The enrolled picture, or what was copied of one."""
        return self.image if self.shared is None else self.shared  # type: ignore[no-any-return]

    @property
    def reference(self) -> str:
        """The subject's; of another agency's only a name for this search."""
        return str(self.subject.reference if self.shared is None else self.shared.reference)

    @property
    def gallery_name(self) -> str:
        if self.shared is None:
            return str(self.gallery.name)
        return str(self.shared.searched_grant.title)
