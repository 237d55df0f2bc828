"""Many searches of one person in a short time."""

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

WITHIN = timedelta(minutes=60)
# Picture, case, reason and facts are written for each; ten in an hour is trying faces out.
LEAST_SEARCHES = 10


def find(world: World) -> list[Finding]:
    found = []
    for person, searches in by_person(world.searches).items():
        for run in _runs(searches):
            numbers = {
                "searches": len(run),
                "minutes": round((run[-1].at - run[0].at).total_seconds() / 60),
                "cases": len({one.case for one in run}),
            }
            key, people = f"{person}:{run[0].at.date()}", frozenset({person})
            found.append(Finding(key, Severity.LOW, ids(run), people, numbers=numbers))
    return found


def _runs(searches: list[SearchFact]) -> list[list[SearchFact]]:
    """The fullest hour of each day that has enough in it."""
    fullest: dict[object, list[SearchFact]] = {}
    start = 0
    for end, one in enumerate(searches):
        while one.at - searches[start].at > WITHIN:
            start += 1
        run = searches[start : end + 1]
        day = run[0].at.date()
        if len(run) >= LEAST_SEARCHES and len(run) > len(fullest.get(day, ())):
            fullest[day] = run
    return list(fullest.values())


def explain(numbers: Numbers) -> str:
    return _("%(searches)s searches within %(minutes)s minutes, in %(cases)s cases.") % {
        name: numbers[name] for name in ("searches", "minutes", "cases")
    }


RULE = Rule(
    code="burst",
    title=gettext_lazy("Many searches in a short time"),
    reason=gettext_lazy("One search with its reason takes minutes; a series is trying faces out."),
    when=When.FINISHED,
    find=find,
    explain=explain,
    renewed_by=LEAST_SEARCHES,
)
