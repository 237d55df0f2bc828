"""Many people spread over the cases of one owner, each case below what it shows alone."""

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oversight.misuse.faces import first_of_each
from oversight.misuse.facts import (
    Finding,
    Numbers,
    Rule,
    SearchFact,
    Severity,
    When,
    World,
    by_case,
    ids,
)

SPAN = timedelta(days=180)
LEAST_CASES = 3
# An owner of many cases with one unknown person in each is doing the job.
FACES_PER_CASE = 2.0


def find(world: World) -> list[Finding]:
    cases = by_case(world.since(SPAN))
    owners: dict[int, list[UUID]] = {}
    for case in cases:
        owner = world.cases[case].owner
        if owner is not None:
            owners.setdefault(owner, []).append(case)
    found = (
        _of(owner, {case: cases[case] for case in own}, world) for owner, own in owners.items()
    )
    return [one for one in found if one is not None]


def _of(owner: int, cases: dict[UUID, list[SearchFact]], world: World) -> Finding | None:
    searches = sorted((one for rows in cases.values() for one in rows), key=lambda one: one.at)
    people = first_of_each(searches, world)
    if len(cases) < LEAST_CASES or len(people) < FACES_PER_CASE * len(cases):
        return None
    return Finding(
        key=str(owner),
        severity=Severity.HIGH,
        searches=ids(people),
        people=frozenset({owner}),
        numbers={"faces": len(people), "cases": len(cases), "searches": len(searches)},
    )


def explain(numbers: Numbers) -> str:
    return _(
        "The %(cases)s cases of one owner hold %(searches)s searches of %(faces)s people who are"
        " clearly not the same, within half a year."
    ) % {name: numbers[name] for name in ("cases", "searches", "faces")}


RULE = Rule(
    code="one_owner_many_faces",
    title=gettext_lazy("Many people in the cases of one owner"),
    reason=gettext_lazy("Spread over several cases, unrelated searches show in none of them."),
    when=When.FINISHED,
    find=find,
    explain=explain,
    renewed_by=3,
)
