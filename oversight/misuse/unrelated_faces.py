"""One case, several people: what the officer of Evansville did under one real case number."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from oversight.misuse.faces import first_of_each
from oversight.misuse.facts import (
    CaseFact,
    Finding,
    Numbers,
    Rule,
    SearchFact,
    Severity,
    When,
    World,
    by_case,
    ids,
    present,
)

# A case is about one unknown person or a few. Two is ordinary (two offenders, offender and
# victim), so two need another sign.
FACES_WITH_SIGNAL = 2
# Three may be a gang, and one look at the case settles that; nobody may have three unseen.
FACES_ALWAYS = 3
# Two examinations take days. A fresh case without a conclusion is no sign.
CONCLUSION_EXPECTED = timedelta(days=7)

SIGNALS: dict[str, str | Promise] = {
    "alone": _("One person opened the case, owns it and asked for all its searches."),
    "portraits": _(
        "A picture looks posed or from a social network, not like one of a camera at a scene."
    ),
    "no_conclusion": _("No search of the case has come to a conclusion."),
}


def find(world: World) -> list[Finding]:
    found = (_in_case(case, rows, world) for case, rows in by_case(world.searches).items())
    return [one for one in found if one is not None]


def _in_case(case: UUID, searches: Sequence[SearchFact], world: World) -> Finding | None:
    people = first_of_each(searches, world)
    signals = _signals(world.cases[case], searches, world)
    if len(people) < (FACES_WITH_SIGNAL if signals else FACES_ALWAYS):
        return None
    strong = bool(signals) and len(people) >= FACES_ALWAYS
    return Finding(
        key=str(case),
        severity=Severity.HIGH if strong else Severity.MEDIUM,
        searches=ids(people),
        people=frozenset(present(world.cases[case].owner, *(one.person for one in searches))),
        case=case,
        numbers={"faces": len(people), "searches": len(searches)},
        signals=tuple(signals),
    )


def _signals(case: CaseFact, searches: Sequence[SearchFact], world: World) -> list[str]:
    people = {one.person for one in searches}
    old = any(world.now - one.at >= CONCLUSION_EXPECTED for one in searches)
    holds = {
        "alone": case.owner is not None and {case.opened_by, case.owner, *people} == {case.owner},
        "portraits": any(one.portrait_like for one in searches),
        "no_conclusion": old and not any(one.concluded for one in searches),
    }
    return [name for name in SIGNALS if holds[name]]


def explain(numbers: Numbers) -> str:
    faces = numbers["faces"]
    return ngettext(
        "The case holds %(searches)s searches of %(faces)s person.",
        "The case holds %(searches)s searches of %(faces)s people who are clearly not the same.",
        faces,
    ) % {"searches": numbers["searches"], "faces": faces}


RULE = Rule(
    code="unrelated_faces",
    title=_("Different people in one case"),
    reason=_("A real case number is no control: it can hide searches of anybody."),
    when=When.FINISHED,
    find=find,
    explain=explain,
)
