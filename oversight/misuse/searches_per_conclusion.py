"""A person whose searches seldom come to a conclusion: many looks, little work."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

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

SPAN = timedelta(days=180)
# Younger ones may still be under examination.
SETTLED_AFTER = timedelta(days=30)
LEAST_SEARCHES = 10
# Two examinations follow each search, so nearly each comes to a conclusion: one in five is little.
MOST_PER_CONCLUSION = 5.0
# And twice what is usual among the agency's people, where enough of them say what that is.
TIMES_MEDIAN = 2
ENOUGH_PEOPLE = 5


def find(world: World) -> list[Finding]:
    rows = [one for one in world.since(SPAN) if world.now - one.at >= SETTLED_AFTER]
    people = by_person(one for one in rows if not one.gone)
    rates = {person: per_conclusion(searches) for person, searches in people.items()}
    usual = median(rates.values()) if len(rates) >= ENOUGH_PEOPLE else 0.0
    found = []
    for person, searches in people.items():
        high = rates[person] >= MOST_PER_CONCLUSION and rates[person] >= TIMES_MEDIAN * usual
        if len(searches) < LEAST_SEARCHES or not high:
            continue
        done = sum(one.concluded for one in searches)
        numbers = {"searches": len(searches), "conclusions": done, "usual": usual}
        people_of = frozenset({person})
        key, severity = str(person), Severity.MEDIUM
        found.append(Finding(key, severity, ids(searches), people_of, numbers=numbers))
    return found


def per_conclusion(searches: Sequence[SearchFact]) -> float:
    """Searches to one conclusion; with none, as if one were to come now."""
    return len(searches) / max(1, sum(one.concluded for one in searches))


def explain(numbers: Numbers) -> str:
    text = _(
        "%(searches)s searches older than 30 days came to %(conclusions)s conclusions in half a"
        " year."
    ) % {name: numbers[name] for name in ("searches", "conclusions")}
    if numbers["usual"]:
        usual = _("Usual at the agency are %(usual).1f searches to a conclusion (the median).") % {
            "usual": numbers["usual"]
        }
    else:
        usual = _("There are too few people to say what is usual at the agency.")
    return f"{text} {usual}"


RULE = Rule(
    code="searches_per_conclusion",
    title=gettext_lazy("Many searches, few conclusions"),
    reason=gettext_lazy("Searches per result of work is what gave the known misuse away."),
    when=When.NIGHTLY,
    find=find,
    explain=explain,
    renewed_by=LEAST_SEARCHES,
)
