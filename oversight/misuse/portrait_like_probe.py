"""A person whose pictures look posed: curiosity finds its pictures in social networks."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.purposes import Purpose
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

# At Evansville it was one in a month: a short span would not see the habit.
SPAN = timedelta(days=180)
# Below, a share says nothing; a single picture never raises an alert.
LEAST_SEARCHES = 5
# Evidence comes from cameras and phones at a scene. Half posed pictures is a habit.
LEAST_SHARE = 0.5
# In these a portrait is what there is: the missing person's, the document that may be forged.
PORTRAITS_EXPECTED = {Purpose.MISSING_PERSON, Purpose.IDENTITY_FRAUD}


def find(world: World) -> list[Finding]:
    counted = [one for one in world.since(SPAN) if one.purpose not in PORTRAITS_EXPECTED]
    found = []
    for person, searches in by_person(counted).items():
        posed = [one for one in searches if one.portrait_like]
        if _is_habit(searches, posed):
            numbers = {"searches": len(searches), "posed": len(posed), "days": SPAN.days}
            key, people = str(person), frozenset({person})
            found.append(Finding(key, Severity.MEDIUM, ids(posed), people, numbers=numbers))
    return found


def _is_habit(searches: list[SearchFact], posed: list[SearchFact]) -> bool:
    return len(searches) >= LEAST_SEARCHES and len(posed) >= LEAST_SHARE * len(searches)


def explain(numbers: Numbers) -> str:
    return _(
        "%(posed)s of %(searches)s searches in %(days)s days used pictures that look posed or from"
        " a social network. Searches for missing persons and of identity fraud are not counted."
    ) % {name: numbers[name] for name in ("posed", "searches", "days")}


RULE = Rule(
    code="portrait_like_probe",
    title=gettext_lazy("Posed pictures instead of evidence"),
    reason=gettext_lazy("Evidence is rarely posed; pictures of acquaintances mostly are."),
    when=When.NIGHTLY,
    find=find,
    explain=explain,
    renewed_by=LEAST_SEARCHES,
)
