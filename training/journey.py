"""The steps that a learner is led through, and which of them is next."""

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.permissions import Permission
from training.steps import DONE, LATER, NEXT, Step
from training.steps_examining import examining_steps
from training.steps_searching import searching_steps


@dataclass(frozen=True, slots=True)
class Journey:
    name: str
    title: str | Promise
    tutorial: str
    steps: list[Step] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def is_over(self) -> bool:
        return self.done == len(self.steps)


def journeys_of(actor: Actor) -> list[Journey]:
    """What there is to learn for the roles of a person, the next step of each marked."""
    roles_give = actor.permissions | actor.withheld
    found = []
    if Permission.SEARCH in roles_give:
        steps = searching_steps(actor)
        found.append(Journey("searching", _("Your first search"), _tutorial("analyst"), steps))
    if Permission.EXAMINE in roles_give:
        steps = examining_steps(actor)
        title = _("Your first examination")
        found.append(Journey("examining", title, _tutorial("examiner"), steps))
    for journey in found:
        upcoming = next((step for step in journey.steps if not step.is_done), None)
        for step in journey.steps:
            step.state = DONE if step.is_done else NEXT if step is upcoming else LATER
    return found


def _tutorial(name: str) -> str:
    """The address of a tutorial on the operator's pages; "" where there are none."""
    base = settings.HELP_URL
    return f"{base.rstrip('/')}/tutorials/{name}" if base and "?" not in base else base
