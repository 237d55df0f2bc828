"""Who looked at a case, a search or a subject: views and downloads from the record, by person.

Of a search that is not concluded nobody who could examine it reads who looked at its candidates
(oversight.blindness): whoever does is its examiner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from accounts.permissions import Permission
from oversight.record_query import entries_for
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.access import case_for, search_for, subject_or_404
from searches.models import Candidate, Case, ExaminationItem, Search, Subject

SEEN = (
    Action.CASE_VIEWED,
    Action.PROBE_VIEWED,
    Action.SEARCH_VIEWED,
    Action.SEARCH_DOCUMENT_VIEWED,
    Action.CANDIDATES_VIEWED,
    Action.FACE_VIEWED,
    Action.SUBJECT_VIEWED,
    Action.REPORT_DOWNLOADED,
    Action.BUNDLE_DOWNLOADED,
    Action.RECORD_ENTRY_VIEWED,
    Action.RECORD_EXPORTED,
)
# What shows candidates, and so the subjects among them.
SHOWS_CANDIDATES = (
    Action.CANDIDATES_VIEWED,
    Action.FACE_VIEWED,
    Action.REPORT_DOWNLOADED,
    Action.BUNDLE_DOWNLOADED,
)
KINDS = ("case", "search", "subject")
MOST = 2000
"""Entries counted for one page; beyond them the page says so and leads to the record."""


@dataclass(slots=True)
class Looker:
    """One person's looks: how many, the first and the last."""

    label: str
    count: int
    first: datetime
    last: datetime


def thing_for(actor: Actor, kind: str, pk: UUID) -> Case | Search | Subject:
    """The thing itself. Another agency's is 404, and what this person may not see is 403."""
    if kind == "case":
        return case_for(actor, pk)
    if kind == "search":
        return search_for(actor, pk)
    actor.require(Permission.VIEW_GALLERIES)
    return subject_or_404(pk)


def looks_at(actor: Actor, thing: Case | Search | Subject) -> QuerySet[AuditEntry]:
    """The entries of looks, the latest first, as far as this person may see them."""
    if isinstance(thing, Case):
        about = Q(case_id=str(thing.pk))
    elif isinstance(thing, Search):
        probe = Q(subject_type="probe", subject_id=str(thing.probe_id))
        about = _of_searches({thing.pk: thing.case_id}) | probe
    else:
        about = Q(subject_type="subject", subject_id=str(thing.pk)) | _as_candidate(thing)
    return entries_for(actor, about).filter(action__in=SEEN).order_by("-id")


def _of_searches(cases: Mapping[UUID, UUID]) -> Q:
    """Looks at searches and in their examinations, erased ones too; by search, the case of it."""
    ids = [str(pk) for pk in cases]
    in_rounds = Q(case_id__in={str(pk) for pk in cases.values()}, data__search__in=ids)
    return Q(subject_type="search", subject_id__in=ids) | in_rounds


def _as_candidate(subject: Subject) -> Q:
    """Looks at the candidates of searches that it was among, also where it was mixed in."""
    of = ("search_id", "search__case_id")
    cases = dict(Candidate.objects.filter(subject=subject).values_list(*of))
    mixed = ExaminationItem.objects.filter(subject=subject)
    cases |= dict(mixed.values_list(*(f"examination__{name}" for name in of)))
    return _of_searches(cases) & Q(action__in=SHOWS_CANDIDATES)


def by_person(entries: Sequence[AuditEntry]) -> list[Looker]:
    """The lookers, whoever looked last first."""
    found: dict[tuple[int | None, str], Looker] = {}
    for entry in entries:  # the latest first
        key = (entry.actor_id, entry.actor_label)
        looker = found.setdefault(key, Looker(entry.actor_label, 0, entry.at, entry.at))
        looker.count += 1
        looker.first = min(looker.first, entry.at)
        looker.last = max(looker.last, entry.at)
    return sorted(found.values(), key=lambda one: one.last, reverse=True)
