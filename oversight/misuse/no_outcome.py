"""Searches that nobody finishes, and leads that nobody follows up."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oversight.misuse.facts import (
    Finding,
    Numbers,
    Rule,
    SearchFact,
    Severity,
    When,
    World,
    by_person,
    ids,
)

# Examinations are due in days, and what became of a lead is known in weeks.
SETTLED_AFTER = timedelta(days=60)
LEAST_SEARCHES = 5
LEAST_SHARE = 0.5


def is_open_end(one: SearchFact) -> bool:
    """Without a conclusion, or a lead of which nobody said what became of it."""
    return not one.gone and (not one.concluded or (one.is_lead and not one.followed_up))


def find(world: World) -> list[Finding]:
    settled = [one for one in world.searches if world.now - one.at >= SETTLED_AFTER]
    found = []
    for person, searches in by_person(settled).items():
        ends = [one for one in searches if is_open_end(one)]
        if len(ends) < LEAST_SEARCHES or len(ends) < LEAST_SHARE * len(searches):
            continue
        numbers = {
            "searches": len(searches),
            "without_conclusion": sum(not one.concluded for one in ends),
            "without_follow_up": sum(one.concluded for one in ends),
        }
        key, people = str(person), frozenset({person})
        found.append(Finding(key, Severity.LOW, ids(ends), people, numbers=numbers))
    return found


def explain(numbers: Numbers) -> str:
    return _(
        "Of %(searches)s searches older than 60 days, %(without_conclusion)s have no conclusion and"
        " %(without_follow_up)s are leads of which nobody said what became of them."
    ) % {name: numbers[name] for name in ("searches", "without_conclusion", "without_follow_up")}


RULE = Rule(
    code="no_outcome",
    title=gettext_lazy("Searches without an outcome"),
    reason=gettext_lazy("Who searched out of curiosity has seen enough and needs no conclusion."),
    when=When.NIGHTLY,
    find=find,
    explain=explain,
    renewed_by=LEAST_SEARCHES,
)
