"""A proficiency exercise: pairs of drawn faces of known truth, and what one person said of them."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import TrainingCertificate
from portal.tenancy import TenantForeignKey, TenantModel
from searches.models import Disposition


class Exercise(TenantModel):
    """One exercise of one person, under the rules that held when it began.

    The database lets it end once, with every pair answered, and works out itself whether it was
    passed. `certificate` is what a pass counted as, if it did.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_id = models.BigIntegerField(editable=False)
    person_label = models.CharField(_("person"), max_length=254, editable=False)
    pairs_asked = models.PositiveSmallIntegerField()
    pass_percent = models.PositiveSmallIntegerField()
    false_positives_allowed = models.PositiveSmallIntegerField()
    counted = models.BooleanField(help_text="whether a pass was to count as a certificate")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    passed = models.BooleanField(null=True, editable=False)
    certificate = TenantForeignKey(TrainingCertificate, null=True, related_name="+")

    class Meta:
        verbose_name = _("proficiency exercise")
        verbose_name_plural = _("proficiency exercises")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "person_id"],
                condition=models.Q(ended_at=None),
                name="exercise_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, passed=None, certificate=None)
                | models.Q(ended_at__isnull=False, passed__isnull=False),
                name="exercise_ended_with_result",
            ),
            models.CheckConstraint(
                condition=models.Q(certificate=None) | models.Q(passed=True, counted=True),
                name="exercise_certificate_for_a_pass",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "person_id", "-started_at"], name="exercise_of_person"
            ),
            models.Index(fields=["agency_id", "-started_at"], name="exercise_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.person_label} {self.started_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


class ExercisePair(TenantModel):
    """Two pictures, as the seeds that draw them again (training/faces.py).

    The truth is in the seeds and nowhere else: the two persons are the same, or they are not.
    Another person wears hair, skin and beard of the first one.
    """

    exercise = TenantForeignKey(Exercise, models.CASCADE, related_name="pairs")
    position = models.PositiveSmallIntegerField()
    left_person = models.BigIntegerField()
    left_scene = models.BigIntegerField()
    right_person = models.BigIntegerField()
    right_scene = models.BigIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "exercise", "position"], name="exercise_pair_position"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exercise_id} #{self.position}"

    @property
    def is_mated(self) -> bool:
        """Whether both pictures are of one person."""
        return self.left_person == self.right_person


class ExerciseAnswer(TenantModel):
    """What the person said of a pair: written once, in the order of the pairs."""

    pair = TenantForeignKey(ExercisePair, models.CASCADE, related_name="answers")
    disposition = models.CharField(max_length=12, choices=Disposition.choices)
    answered_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "pair"], name="exercise_answer_once"),
            models.CheckConstraint(
                condition=models.Q(disposition__in=Disposition.values),
                name="exercise_answer_disposition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pair_id} {self.disposition}"
