"""Two requests at once: an answer counts once, and one exercise is begun."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import actor_of
from accounts.models import Agency, Membership, Role
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import Disposition
from tests.accounts.races import ADDRESSES, at_once, committed_agency
from tests.conftest import join
from tests.training.cast import set_rules
from training.models import Exercise, ExerciseAnswer
from training.services.exercises import answer_pair, start_exercise


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    """An agency whose rows are committed."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        yield agency


def test_a_double_click_begins_once_and_answers_once(town: Agency) -> None:
    set_rules(town)
    user = join(town, f"eli@{ADDRESSES}", "Eli", Role.EXAMINER)
    with scope(town.pk):
        actor = actor_of(user, town, Membership.objects.get(user=user), "127.0.0.1")

    def begin() -> object:
        with scope(town.pk):
            return start_exercise(actor=actor).pk

    first, second = at_once(begin, begin)
    assert first == second, (first, second)
    with scope(town.pk):
        exercise = Exercise.objects.get()

    def answering(said: Disposition) -> object:
        with scope(town.pk):
            return answer_pair(actor=actor, exercise=exercise, position=1, disposition=said)

    ends = at_once(lambda: answering(Disposition.RETAINED), lambda: answering(Disposition.EXCLUDED))
    (refused,) = [end for end in ends if isinstance(end, Exception)]
    assert isinstance(refused, Fault)
    assert refused.code == "exercise_answered"
    with scope(town.pk):
        assert ExerciseAnswer.objects.count() == 1
