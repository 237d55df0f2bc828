"""The record, filtered, one page at a time: by keys and without counting.

Each filter has an index of its own (portal.audit.models.entry, oversight.models.word), and the
page is its first rows; nothing here costs more in a record that grew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from oversight.blindness import hidden_from
from oversight.models import RecordWord, word_hash
from oversight.record_form import MOST_ID, NOBODY, midnight
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.audit.outcomes import Outcome, outcome_of

PAGE = 50


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Entries, the latest first; `older` and `newer` are the keys of the pages beside it."""

    entries: Sequence[AuditEntry]
    older: int | None
    newer: int | None


def chosen_by(values: Mapping[str, Any]) -> Q:
    """What the filters of a valid RecordForm choose."""
    chosen = Q()
    if person := values.get("person"):
        chosen &= Q(actor_id=None) if person == NOBODY else Q(actor_id=int(person))
    if case := values.get("case"):
        chosen &= Q(case_id=case)
    if action := values.get("action"):
        chosen &= Q(action=action)
    if outcome := values.get("outcome"):
        chosen &= _with_outcome(outcome)
    if first := values.get("first"):
        chosen &= Q(at__gte=midnight(first))
    if last := values.get("last"):
        chosen &= Q(at__lt=midnight(last, 1))
    for word in values.get("q", "").split():
        chosen &= _with_word(word)
    return chosen


def _with_outcome(outcome: str) -> Q:
    """Few acts are refused or fail, and the index is by action."""
    if outcome == Outcome.DONE:
        return Q(outcome=outcome)
    return Q(outcome=outcome, action__in=[one for one in Action if outcome_of(one) == outcome])


def _with_word(word: str) -> Q:
    having = RecordWord.objects.filter(word=word_hash(word)).values("entry_id")
    number = word.removeprefix("#")
    if not (number.isascii() and number.isdigit() and int(number) <= MOST_ID):
        return Q(pk__in=having)
    numbered = AuditEntry.objects.filter(pk=int(number)).order_by().values("pk")
    # A union and no OR, which would have every entry looked at.
    return Q(pk__in=numbered if word.startswith("#") else having.union(numbered))


def entries_for(actor: Actor, chosen: Q | None = None) -> QuerySet[AuditEntry]:
    """The agency's entries that this person may see now."""
    found = AuditEntry.objects.filter(chosen or Q(), agency_id=actor.agency)
    hidden = hidden_from(actor)
    return found if hidden is None else found.exclude(hidden)


def page_of_record(
    actor: Actor, values: Mapping[str, Any], *, before: int | None = None, after: int | None = None
) -> RecordPage:
    """The page that ends before an entry, or begins after one; the latest without either.

    A period goes by its index, so the order is that of time, and of the ids within one moment.
    """
    found = entries_for(actor, chosen_by(values))
    by_time = bool(values.get("first") or values.get("last"))
    if after is not None:
        found = found.filter(_beyond(actor, after, by_time, "gt"))
        rows = list(found.order_by(*(("at", "id") if by_time else ("id",)))[: PAGE + 1])
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        return RecordPage(rows, rows[-1].pk if rows else None, rows[0].pk if more else None)
    if before is not None:
        found = found.filter(_beyond(actor, before, by_time, "lt"))
    rows = list(found.order_by(*(("-at", "-id") if by_time else ("-id",)))[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    newer = rows[0].pk if before is not None and rows else None
    return RecordPage(rows, rows[-1].pk if more else None, newer)


def _beyond(actor: Actor, pk: int, by_time: bool, side: str) -> Q:
    """On one side of an entry, which needs not be there any more to be a number."""
    if by_time:
        at = AuditEntry.objects.filter(pk=pk, agency_id=actor.agency).values_list("at", flat=True)
        if moment := at.first():
            # The first condition is for the index; the second for entries of one moment.
            return Q(**{f"at__{side}e": moment}) & (
                Q(**{f"at__{side}": moment}) | Q(**{f"id__{side}": pk})
            )
    return Q(**{f"id__{side}": pk})
