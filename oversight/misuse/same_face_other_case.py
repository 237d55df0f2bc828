"""One face under several cases: somebody who is looked for again and again."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oversight.misuse.faces import scale_for
from oversight.misuse.facts import (
    Finding,
    Numbers,
    Rule,
    SearchFact,
    Severity,
    When,
    World,
    present,
)

# Unknown offenders come again within months; the time in which the searches are compared.
WITHIN = timedelta(days=365)


def find(world: World) -> list[Finding]:
    """Each search is joined to the last one before it of the same face in another case."""
    found: dict[str, Finding] = {}
    for before, later in _pairs(world):
        one = _finding(before, later, world, found.get(_key(before, later)))
        found[one.key] = one
    return list(found.values())


def _pairs(world: World) -> Iterator[tuple[SearchFact, SearchFact]]:
    for rows in _by_contract(world).values():
        known = np.stack([world.faces[one.id].vector for one in rows])
        for number, later in enumerate(rows):
            if not number:
                continue
            cosines = known[:number] @ known[number]
            close = np.flatnonzero(cosines >= scale_for(later, world).surely)
            before = _last_elsewhere([rows[index] for index in close], later)
            if before is not None:
                yield before, later


def _by_contract(world: World) -> dict[str, list[SearchFact]]:
    found: dict[str, list[SearchFact]] = {}
    for one in world.since(WITHIN):
        if one.id in world.faces:
            found.setdefault(world.faces[one.id].contract, []).append(one)
    return found


def _last_elsewhere(earlier: Sequence[SearchFact], later: SearchFact) -> SearchFact | None:
    return next((one for one in reversed(earlier) if one.case != later.case), None)


def _key(before: SearchFact, later: SearchFact) -> str:
    return ":".join(sorted((str(before.case), str(later.case))))


def _finding(before: SearchFact, later: SearchFact, world: World, known: Finding | None) -> Finding:
    owners = {world.cases[one.case].owner for one in (before, later)}
    searches = (*known.searches, before.id, later.id) if known else (before.id, later.id)
    searches = tuple(dict.fromkeys(searches))
    people = frozenset(present(*owners, before.person, later.person))
    return Finding(
        key=_key(before, later),
        severity=Severity.MEDIUM if len(owners) > 1 else Severity.LOW,
        searches=searches,
        people=people | (known.people if known else frozenset()),
        case=later.case,
        numbers={
            "searches": len(searches),
            "owners": len(owners),
            "days": (later.at - before.at).days,
        },
    )


def explain(numbers: Numbers) -> str:
    text = _(
        "%(searches)s searches under two cases are of the same face as far as the engine can tell;"
        " %(days)s days lie between the last two."
    ) % {"searches": numbers["searches"], "days": numbers["days"]}
    owners = _("The cases have different owners.")
    if numbers["owners"] == 1:
        owners = _("Both cases have the same owner.")
    return f"{text} {owners}"


RULE = Rule(
    code="same_face_other_case",
    title=gettext_lazy("The same face in another case"),
    reason=gettext_lazy("Whoever follows one person hides it by spreading it over cases."),
    when=When.FINISHED,
    find=find,
    explain=explain,
)
