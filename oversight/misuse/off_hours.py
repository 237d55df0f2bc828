"""A person who searches mostly at night and at weekends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

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

SPAN = timedelta(days=90)
NIGHT_FROM, NIGHT_UNTIL = 22, 6
LEAST_SEARCHES = 8
LEAST_SHARE = 0.5
# Agencies work in shifts: it must be twice the share of everybody else, where enough is known.
TIMES_OTHERS = 2.0
ENOUGH_OTHERS = 20


def is_off_hours(at: datetime) -> bool:
    """Night or weekend, by the clock of the agency."""
    return at.weekday() >= 5 or at.hour >= NIGHT_FROM or at.hour < NIGHT_UNTIL


def find(world: World) -> list[Finding]:
    rows = world.since(SPAN)
    found = []
    for person, searches in by_person(rows).items():
        off = [one for one in searches if is_off_hours(one.at)]
        if len(searches) < LEAST_SEARCHES or len(off) < LEAST_SHARE * len(searches):
            continue
        others = [one for one in rows if one.person != person]
        usual = _share(others) if len(others) >= ENOUGH_OTHERS else None
        if usual is not None and len(off) < TIMES_OTHERS * usual * len(searches):
            continue
        numbers = {
            "searches": len(searches),
            "off": len(off),
            "others": None if usual is None else round(100 * usual),
        }
        key, people = str(person), frozenset({person})
        found.append(Finding(key, Severity.LOW, ids(off), people, numbers=numbers))
    return found


def _share(searches: Sequence[SearchFact]) -> float:
    return sum(is_off_hours(one.at) for one in searches) / len(searches)


def explain(numbers: Numbers) -> str:
    text = _(
        "%(off)s of %(searches)s searches in 90 days were made between 22:00 and 6:00 or at a"
        " weekend."
    ) % {name: numbers[name] for name in ("off", "searches")}
    others = _("The others searched too little to compare.")
    if numbers["others"] is not None:
        others = _("Of everybody else's searches %(others)s in 100 were.") % {
            "others": numbers["others"]
        }
    return f"{text} {others}"


RULE = Rule(
    code="off_hours",
    title=gettext_lazy("Searches at night and at weekends"),
    reason=gettext_lazy("Private searches are made when nobody looks over a shoulder."),
    when=When.NIGHTLY,
    find=find,
    explain=explain,
    renewed_by=LEAST_SEARCHES,
)
