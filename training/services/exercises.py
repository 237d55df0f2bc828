"""Exercises: begun by a person, answered pair by pair, over with the last answer."""

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.actor import Actor
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import Disposition
from training.access import next_position, require_exercising
from training.models import Exercise, ExerciseAnswer, ExercisePair
from training.pairs import lay_out
from training.queries import begun_lately, open_exercise_of, rules_in_force
from training.services.finishing import finish


def start_exercise(*, actor: Actor) -> Exercise:
    """A new exercise of this person, or the one that is open. Raises Fault, PermissionDenied."""
    person = require_exercising(actor)
    if found := open_exercise_of(person):
        return found
    try:
        with transaction.atomic():
            return _start(actor, person)
    except IntegrityError:
        if found := open_exercise_of(person):  # the other half of a double click came first
            return found
        raise


def _start(actor: Actor, person: int) -> Exercise:
    rules = rules_in_force()
    if begun_lately(person) >= rules.attempts:
        raise Fault("exercise_attempts_used")
    exercise = Exercise(
        person_id=person,
        person_label=actor.label,
        pairs_asked=rules.pairs,
        pass_percent=rules.pass_percent,
        false_positives_allowed=rules.false_positives_allowed,
        counted=rules.counts,
    )
    exercise.save(force_insert=True)
    ExercisePair.objects.bulk_create(
        ExercisePair(
            exercise=exercise,
            position=position,
            left_person=pair.left_person,
            left_scene=pair.left_scene,
            right_person=pair.right_person,
            right_scene=pair.right_scene,
        )
        for position, pair in enumerate(lay_out(rules.pairs), start=1)
    )
    facts = {
        "pairs": exercise.pairs_asked,
        "pass_percent": exercise.pass_percent,
        "false_positives_allowed": exercise.false_positives_allowed,
        "counts": exercise.counted,
    }
    record(actor, Action.EXERCISE_STARTED, exercise, facts)
    return exercise


@transaction.atomic
def answer_pair(*, actor: Actor, exercise: Exercise, position: int, disposition: str) -> Exercise:
    """Answer the next pair, for good; the last answer ends the exercise.

    Raises Fault: "exercise_answered" for a pair that has its answer, as after a double click.
    """
    require_exercising(actor)
    locked = Exercise.objects.select_for_update().get(pk=exercise.pk)
    if locked.person_id != actor.user_id:
        raise PermissionDenied("Somebody else's exercise")
    if not locked.is_open:
        raise Fault("exercise_over")
    expected = next_position(locked)
    if 1 <= position < expected:
        raise Fault("exercise_answered")
    if position != expected or disposition not in Disposition.values:
        raise Fault("exercise_answer_unknown")
    pair = ExercisePair.objects.get(exercise=locked, position=position)
    ExerciseAnswer(pair=pair, disposition=disposition).save(force_insert=True)
    record(actor, Action.EXERCISE_ANSWERED, locked, {"position": position})
    if position == locked.pairs_asked:
        finish(actor, locked)
    return locked
