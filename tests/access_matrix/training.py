"""Training places, and the proficiency exercises of examiners."""

from accounts.access import actor_of
from accounts.models import Membership
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from training.services.exercises import start_exercise

NO_SANDBOX = [404, 404, 404, 404, 404, 404, 403, L]

TABLE: Table = {
    "training": [403, 200, 200, 200, 200, 200, 403, L],
    **dict.fromkeys(("practice_example", "practice_examine", "practice_picture"), NO_SANDBOX),
    # Of the examiner, who is at it.
    "exercise_start": [403, 302, 302, 403, 403, 302, 403, L],
    "exercise": [403, 200, 403, 403, 403, 404, 403, L],
    "exercise_picture": [403, 200, 403, 403, 403, 404, 403, L],
    "exercise_answer": [403, 422, 403, 403, 403, 404, 403, L],
    "exercise_results": [403, 403, 200, 200, 200, 200, 403, L],
    "proficiency_rules": [403, 403, 403, 403, 200, 200, 403, L],
}
POST_ONLY = ("practice_example", "practice_examine", "exercise_start", "exercise_answer")


def arguments(ground: Ground) -> Arguments:
    examiner = ground.user("examiner")
    at_work = Membership.objects.get(user=examiner)
    exercise = start_exercise(actor=actor_of(examiner, ground.alder, at_work, "127.0.0.1"))
    return {
        "practice_picture": [1],
        "practice_examine": [ground.search.pk],
        "exercise": [exercise.pk],
        "exercise_answer": [exercise.pk],
        "exercise_picture": [exercise.pk, 1, 1],
    }


def posts(ground: Ground) -> Posts:
    return {
        "practice_example": {},
        "practice_examine": {},
        "exercise_start": {},
        "exercise_answer": {},
        "proficiency_rules": {"pairs": 1},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
