"""Reads of exercises: one's own, everybody's, and what the answers come to."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from training.models import Exercise, ExercisePair, PracticePicture, ProficiencyRules
from training.scoring import Score, score_of

ATTEMPTS_WITHIN = timedelta(days=30)


def rules_in_force() -> ProficiencyRules:
    """The agency's rules; those of a new agency while nobody changed them (not saved)."""
    return ProficiencyRules.objects.first() or ProficiencyRules()


def offered_pictures() -> QuerySet[PracticePicture]:
    """The pictures of a sandbox to search with."""
    return PracticePicture.objects.filter(number__isnull=False)


def exercises_of(person_id: int) -> QuerySet[Exercise]:
    """A person's exercises, the latest first."""
    return Exercise.objects.filter(person_id=person_id).select_related("certificate")


def ended_exercises() -> QuerySet[Exercise]:
    """Everybody's that are over, the latest first."""
    return Exercise.objects.filter(ended_at__isnull=False).select_related("certificate")


def open_exercise_of(person_id: int) -> Exercise | None:
    return Exercise.objects.filter(person_id=person_id, ended_at=None).first()


def begun_lately(person_id: int) -> int:
    """How many exercises a person has begun within ATTEMPTS_WITHIN."""
    lately = Exercise.objects.filter(started_at__gt=Now() - ATTEMPTS_WITHIN)
    return lately.filter(person_id=person_id).count()


def answered_pairs(exercise: Exercise) -> list[tuple[ExercisePair, str]]:
    """The pairs with the answers that were given, in their order."""
    pairs = ExercisePair.objects.filter(exercise=exercise, answers__isnull=False)
    rows = pairs.annotate(said=F("answers__disposition")).order_by("position")
    return [(pair, pair.said) for pair in rows]


def score_in(exercise: Exercise) -> Score:
    """The score of all answers given so far."""
    return scores_of([exercise])[exercise.pk]


def scores_of(exercises: Iterable[Exercise]) -> dict[UUID, Score]:
    """The scores of several exercises by their ids, in one statement."""
    keys = [exercise.pk for exercise in exercises]
    pairs = ExercisePair.objects.filter(exercise_id__in=keys, answers__isnull=False)
    answers: dict[UUID, list[tuple[bool, str]]] = defaultdict(list)
    for pair in pairs.annotate(said=F("answers__disposition")):
        answers[pair.exercise_id].append((pair.is_mated, pair.said))
    return {key: score_of(answers[key]) for key in keys}
