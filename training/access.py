"""May this request have this exercise: another agency's is 404, a missing right is 403."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.actor import Actor
from accounts.certificates import PERMISSIONS
from accounts.models import Activity
from accounts.permissions import Permission
from training.models import Exercise, ExercisePair


def may_exercise(actor: Actor) -> bool:
    """Who examines, and who would but for a certificate: an exercise is how they get one."""
    roles_give = actor.permissions | actor.withheld
    return actor.user_id is not None and bool(PERMISSIONS[Activity.EXAMINE] & roles_give)


def require_exercising(actor: Actor) -> int:
    """The id of a person who may exercise. Raises PermissionDenied (403)."""
    if actor.user_id is None or not may_exercise(actor):
        raise PermissionDenied("exercise")
    return actor.user_id


def exercise_for(actor: Actor, pk: UUID) -> Exercise:
    """An exercise of one's own; of others those that are over, with the right to see results."""
    exercise = get_object_or_404(Exercise.objects.select_related("certificate"), pk=pk)
    if exercise.person_id == actor.user_id:
        if exercise.is_open:
            require_exercising(actor)
        return exercise
    actor.require(Permission.VIEW_PROFICIENCY)
    if exercise.is_open:
        raise PermissionDenied("somebody else's exercise")
    return exercise


def pair_for(actor: Actor, pk: UUID, position: int) -> ExercisePair:
    """A pair that may be looked at: of an open exercise those answered, and the next one."""
    exercise = exercise_for(actor, pk)
    pair = get_object_or_404(ExercisePair.objects.all(), exercise=exercise, position=position)
    if exercise.is_open and position > next_position(exercise):
        raise Http404
    return pair


def next_position(exercise: Exercise) -> int:
    """The position of the first pair without an answer; one beyond the last when there is none."""
    answered = ExercisePair.objects.filter(exercise=exercise, answers__isnull=False).count()
    return answered + 1
