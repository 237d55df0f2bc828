"""What one person decided about the candidates of a search."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.gallery import FaceImage, Gallery, Subject
from searches.models.search import ONE_FACE, Candidate, Search
from searches.models.shared_face import SharedFace
from searches.sealed import sealed_column, sealed_text

FIRST, SECOND, ADJUDICATION = 1, 2, 3


class ExaminationState(models.TextChoices):
    OPEN = "open", _("Open")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned")


class Disposition(models.TextChoices):
    """What an examiner decides about one face; never an identification."""

    RETAINED = "retained", _("May be the same person")
    EXCLUDED = "excluded", _("Different person")
    INCONCLUSIVE = "inconclusive", _("Cannot be decided")


class Examination(TenantModel):
    """One round by one examiner: the first, the blind second, or the adjudication.

    `requested_by_id` is written by the database from the search. Three rounds are three people.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, related_name="examinations")
    round = models.PositiveSmallIntegerField()
    examiner_id = models.BigIntegerField(editable=False)
    examiner_label = models.CharField(max_length=254, editable=False)
    requested_by_id = models.BigIntegerField(null=True, editable=False)
    state = models.CharField(
        max_length=10, choices=ExaminationState.choices, default=ExaminationState.OPEN
    )
    started_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("examination")
        verbose_name_plural = _("examinations")
        ordering = ["round", "started_at"]
        indexes = [
            models.Index(
                fields=["agency_id", "examiner_id"],
                condition=models.Q(state="open"),
                name="examination_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "search", "round"],
                condition=~models.Q(state="returned"),
                name="examination_round_once",
            ),
            models.UniqueConstraint(
                fields=["agency_id", "search", "examiner_id"],
                condition=~models.Q(state="returned"),
                name="examiner_once_per_search",
            ),
            models.CheckConstraint(
                condition=models.Q(round__in=[FIRST, SECOND, ADJUDICATION]),
                name="examination_round",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=ExaminationState.values), name="examination_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state="submitted", submitted_at__isnull=False)
                | (~models.Q(state="submitted") & models.Q(submitted_at=None)),
                name="examination_submitted_at",
            ),
            models.CheckConstraint(
                condition=models.Q(round=FIRST)
                | models.Q(requested_by_id=None)
                | ~models.Q(examiner_id=models.F("requested_by_id")),
                name="nobody_reviews_their_own",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.search_id} round {self.round}"

    @property
    def is_open(self) -> bool:
        return self.state == ExaminationState.OPEN


class ExaminationItem(TenantModel):
    """One face that an examination shows, and what was decided about it.

    Without a candidate it is a distractor: a face of the searched galleries that the search did
    not bring. Only the second examination has them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    examination = TenantForeignKey(Examination, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    candidate = TenantForeignKey(Candidate, models.CASCADE, null=True, related_name="+")
    gallery = TenantForeignKey(Gallery, null=True, related_name="+")
    subject = TenantForeignKey(Subject, null=True, related_name="+")
    image = TenantForeignKey(FaceImage, null=True, related_name="+")
    shared = TenantForeignKey(SharedFace, null=True, related_name="+")
    disposition = models.CharField(max_length=12, choices=Disposition.choices, blank=True)
    features = models.JSONField(default=dict)
    comment_sealed = sealed_column()
    decided_at = models.DateTimeField(null=True, editable=False)

    comment = sealed_text("comment_sealed")

    class Meta:
        verbose_name = _("face examined")
        verbose_name_plural = _("faces examined")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "examination", "position"], name="item_position_once"
            ),
            models.UniqueConstraint(
                fields=["agency_id", "examination", "subject"], name="item_subject_once"
            ),
            models.CheckConstraint(
                condition=models.Q(disposition="", decided_at=None)
                | models.Q(disposition__in=Disposition.values, decided_at__isnull=False),
                name="item_disposition",
            ),
            models.CheckConstraint(condition=ONE_FACE, name="item_one_face"),
            models.CheckConstraint(
                condition=models.Q(shared=None) | models.Q(candidate__isnull=False),
                name="item_shared_is_candidate",
            ),
            models.UniqueConstraint(
                fields=["agency_id", "examination", "shared"], name="item_shared_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.examination_id} #{self.position}"

    @property
    def picture(self) -> FaceImage | SharedFace:
        """The enrolled picture, or what was copied of one."""
        return self.image if self.shared is None else self.shared  # type: ignore[no-any-return]

    @property
    def reference(self) -> str:
        return str(self.subject.reference if self.shared is None else self.shared.reference)
