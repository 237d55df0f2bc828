"""Two accounts in separated roles of one search that look like one person, or like a pact."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from oversight.misuse.facts import (
    Finding,
    Numbers,
    Rule,
    SearchFact,
    Severity,
    UseFact,
    When,
    World,
    ids,
)
from oversight.misuse.names import nearly_equal

SPAN = timedelta(days=180)
# One person who changes accounts does it at one desk, within minutes, and more than once.
HANDOVER = timedelta(minutes=10)
LEAST_HANDOVERS = 3
# Confirming each other: so often each way, and so much of what was decided for each.
LEAST_EACH_WAY = 5
LEAST_SHARE = 0.8
# Where only two decide, they decide for each other.
LEAST_OTHER_DECIDERS = 2

SIGNALS: dict[str, str | Promise] = {
    "names": _("Their names or addresses are nearly the same."),
    "source": _(
        "Both acted in a case in turns within minutes, from an address that nobody else used."
    ),
    "mutual": _("They decide on each other's searches, and hardly anybody else does."),
}

Pair = tuple[int, int]


def find(world: World) -> list[Finding]:
    searches = world.since(SPAN)
    shared: dict[Pair, list[SearchFact]] = {}
    for one in searches:
        for pair in _pairs_of(one):
            shared.setdefault(pair, []).append(one)
    mutual = set(_mutual(searches))
    found = []
    for pair, rows in shared.items():
        signals = _signals(pair, rows, world, is_mutual=pair in mutual)
        if signals:
            key, people = f"{pair[0]}:{pair[1]}", frozenset(pair)
            severity = Severity.HIGH if len(signals) > 1 else Severity.MEDIUM
            numbers = {"searches": len(rows)}
            found.append(Finding(key, severity, ids(rows), people, None, numbers, signals))
    return found


def _pairs_of(search: SearchFact) -> Iterator[Pair]:
    """Every two who had separated roles in it."""
    people = sorted(search.deciders | ({search.person} if search.person is not None else set()))
    return combinations(people, 2)


def _signals(
    pair: Pair, rows: Sequence[SearchFact], world: World, *, is_mutual: bool
) -> tuple[str, ...]:
    known = [world.people[one] for one in pair if one in world.people]
    holds = {
        "names": len(known) == 2 and nearly_equal(*known),
        "source": _alternate(pair, {one.case for one in rows}, world.uses),
        "mutual": is_mutual,
    }
    return tuple(name for name in SIGNALS if holds[name])


def _alternate(pair: Pair, cases: set[UUID], uses: Sequence[UseFact]) -> bool:
    """Whether the two took turns at an address of theirs alone."""
    users: dict[str, set[int]] = {}
    for use in uses:
        users.setdefault(use.source, set()).add(use.person)
    own = {source for source, people in users.items() if people == set(pair)}
    turns: Counter[str] = Counter()
    last: dict[tuple[str, UUID], UseFact] = {}
    for use in uses:
        if use.source not in own or use.case not in cases:
            continue
        before = last.get((use.source, use.case))
        if before and before.person != use.person and use.at - before.at <= HANDOVER:
            turns[use.source] += 1
        last[use.source, use.case] = use
    return any(count >= LEAST_HANDOVERS for count in turns.values())


def _mutual(searches: Sequence[SearchFact]) -> Iterator[Pair]:
    decided: Counter[int] = Counter()
    by: Counter[Pair] = Counter()
    deciders: set[int] = set()
    for one in searches:
        if one.person is None or not one.deciders:
            continue
        decided[one.person] += 1
        deciders |= one.deciders
        by.update((one.person, other) for other in one.deciders)
    for (asker, decider), count in by.items():
        back = by[decider, asker]
        if asker > decider or min(count, back) < LEAST_EACH_WAY:
            continue
        much = count >= LEAST_SHARE * decided[asker] and back >= LEAST_SHARE * decided[decider]
        if much and len(deciders - {asker, decider}) >= LEAST_OTHER_DECIDERS:
            yield asker, decider


def explain(numbers: Numbers) -> str:
    return ngettext(
        "Two accounts had separated roles in %(searches)s search.",
        "Two accounts had separated roles in %(searches)s searches.",
        numbers["searches"],
    ) % {"searches": numbers["searches"]}


RULE = Rule(
    code="related_accounts",
    title=_("Two accounts that look like one person"),
    reason=_("Asking, authorizing and examining are separated; two accounts undo that."),
    when=When.NIGHTLY,
    find=find,
    explain=explain,
    renewed_by=5,
)
