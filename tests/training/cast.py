"""Exercises taken by people who know, or do not want to know, the truth."""

from collections.abc import Callable

from accounts.actor import Actor, command_actor
from accounts.models import Agency, User
from accounts.permissions import Permission
from portal.tenancy import scope
from searches.models import Disposition
from training.models import Exercise, ExercisePair, PracticePicture, ProficiencyRules
from training.services.exercises import answer_pair, start_exercise
from training.services.rules import FIELDS, change_rules

Answering = Callable[[ExercisePair], str]


def rightly(pair: ExercisePair) -> str:
    return Disposition.RETAINED if pair.is_mated else Disposition.EXCLUDED


def keeping_all(pair: ExercisePair) -> str:
    return Disposition.RETAINED


def undecided(pair: ExercisePair) -> str:
    return Disposition.INCONCLUSIVE


def set_rules(agency: Agency, **changed: int | bool) -> ProficiencyRules:
    """Ten pairs, unless said otherwise; the rest as it is with a new agency."""
    values = {name: getattr(ProficiencyRules(), name) for name in FIELDS}
    with scope(agency.pk):
        actor = command_actor("test", agency.pk)
        return change_rules(actor=actor, values=values | {"pairs": 10} | changed)


def pairs_of(exercise: Exercise) -> list[ExercisePair]:
    return list(ExercisePair.objects.filter(exercise=exercise).order_by("position"))


def answer(actor: Actor, exercise: Exercise, how: Answering = rightly) -> Exercise:
    """Every pair that has no answer yet."""
    for pair in pairs_of(exercise):
        if not pair.answers.exists():
            exercise = answer_pair(
                actor=actor, exercise=exercise, position=pair.position, disposition=how(pair)
            )
    return exercise


def taken(actor: Actor, how: Answering = rightly) -> Exercise:
    """A whole exercise."""
    with scope(actor.agency):
        return answer(actor, start_exercise(actor=actor), how)


def full_training(agency: Agency, person: User) -> None:
    """A row in every table of training; the person examines for this one exercise."""
    set_rules(agency)
    right = frozenset({Permission.EXAMINE})
    taken(Actor(person.pk, person.email, agency.pk, right, "127.0.0.1"))
    with scope(agency.pk):
        PracticePicture(number=1, reference="D-001", sha256="0" * 64, file_key="x").save()
