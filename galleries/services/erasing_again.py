"""After a restore: what the journal says was erased is erased again, before anybody is let in.

By the very services that erased it the first time, so that rows, templates, files, tombstones,
tables and receipts come to what they were, and the record says so.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.actor import Actor, command_actor
from accounts.models import Agency
from galleries.erasing.probes import erase_search
from galleries.models import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from galleries.services.ending_again import end_agencies_again
from galleries.services.erasing import LIVE, erase_now, request_erasure
from galleries.services.holds import holds_on, release_hold
from portal.erasure_journal import Journal
from portal.tenancy import platform_scope, scope
from searches.models import Case, JobState, Probe, Search
from searches.models.stage import CONTENT_GONE
from searches.services.case_limits import lift_hold

REASON = "Erased again after a restore: it was erased after the backup was made"
RELEASED = "Released after a restore: what it held was erased after the backup was made"
OPEN = (JobState.QUEUED, JobState.RUNNING)
AT_ONCE = 20_000
# A gallery goes with its subjects, a subject with its pictures, a probe with its searches: the
# larger first.
ORDER = (ErasureTarget.GALLERY, ErasureTarget.SUBJECTS, ErasureTarget.IMAGES, ErasureTarget.PROBE)


@dataclass
class Again:
    """How much was erased again, by kind."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, number: int) -> None:
        if number:
            self.counts[kind] = self.counts.get(kind, 0) + number


def erase_all_again(journal: Journal) -> Again:
    """Erase in every agency what the journal names and is there. Raises Fault, or JournalDamaged.

    Can be done again from wherever it stopped.
    """
    erased, again = journal.erased(), Again()
    again.add("agency", end_agencies_again(journal))
    with platform_scope():
        agencies = list(Agency.objects.exclude(data_key=b"").order_by("pk"))
    for agency in agencies:
        with scope(agency.pk):
            _erase_in(command_actor("restore", agency.pk), journal, erased, again)
    return again


def _erase_in(actor: Actor, journal: Journal, erased: dict[str, set[str]], again: Again) -> None:
    _go_on()
    for target in ORDER:
        rows: QuerySet[Any] = LIVE[target].all()
        if target == ErasureTarget.PROBE:
            rows = Probe.objects.exclude(file_key="")
        ids = _found(journal, target, rows, erased)
        for part in _parts(ids):
            _again(actor, target, part)
        again.add(str(target), len(ids))
    found = _found(journal, "search", _live_searches(), erased)
    for pk in found:
        _search_again(actor, Search.objects.get(pk=pk))
    again.add("search", len(found))


def _go_on() -> None:
    """Prove what was emptied when the backup, or an earlier try, stopped."""
    begun = Erasure.objects.filter(state__in=OPEN).exclude(phase=ErasurePhase.ASKED)
    for erasure in begun.order_by("created_at"):
        erase_now(erasure)


def _live_searches() -> QuerySet[Search]:
    return Search.objects.exclude(stage__in=CONTENT_GONE)


def _found(
    journal: Journal, kind: str, rows: QuerySet[Any], erased: dict[str, set[str]]
) -> list[UUID]:
    """The live rows whose digest is in the journal."""
    gone: Collection[str] = erased.get(kind, ())
    if not gone:
        return []
    ids = rows.order_by().values_list("pk", flat=True).iterator()
    return sorted(pk for pk in ids if journal.digest(kind, pk) in gone)


def _again(actor: Actor, target: ErasureTarget, ids: list[UUID]) -> None:
    for hold in holds_on(target, ids):
        release_hold(actor=actor, hold=hold, reason=RELEASED)
    if target == ErasureTarget.PROBE:
        for case in Case.objects.filter(probes__in=ids).exclude(held_at=None).distinct():
            lift_hold(actor=actor, case=case, reason=RELEASED)
    erasure = request_erasure(
        actor=actor,
        target=target,
        ids=ids,
        cause=ErasureCause.ENDED,
        reason=REASON,
        submission_key=uuid.uuid4(),
    )
    erase_now(erasure)


@transaction.atomic
def _search_again(actor: Actor, search: Search) -> None:
    if search.case.held_at is not None:
        lift_hold(actor=actor, case=search.case, reason=RELEASED)
    erase_search(actor, search)


def _parts(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
