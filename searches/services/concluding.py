"""What follows a submitted examination: the next round, or the conclusion; and what came of it."""

from django.db import connection, transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import current_agency_id
from searches.faults import Fault
from searches.models import (
    Conclusion,
    Disposition,
    Examination,
    ExaminationState,
    FollowUp,
    FollowUpOutcome,
    Search,
    Stage,
)
from searches.services.grounds import MAX_WORDS
from searches.services.stages import enter, locked_search, require_unlocked
from searches.statements import STATEMENT_VERSION


def advance(actor: Actor, search: Search) -> None:
    """Bring a locked search on after a round was submitted, in the open transaction."""
    if search.stage == Stage.EXAMINATION:
        enter(search, Stage.SECOND_EXAMINATION)
        return
    outcome = outcome_of(search)
    if outcome == "disagreement":
        enter(search, Stage.ADJUDICATION)
        record(actor, Action.SEARCH_DISPUTED, search, {"case": str(search.case_id)})
        return
    conclusion = Conclusion.objects.create(
        search=search, outcome=outcome, statement_version=STATEMENT_VERSION
    )
    enter(search, Stage.CONCLUDED)
    record(actor, Action.SEARCH_CONCLUDED, search, _facts(search, conclusion))


def outcome_of(search: Search) -> str:
    """An Outcome, or "undecided" or "disagreement"; the database works it out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT searches_outcome(%s, %s)", [current_agency_id(), search.pk])
        return str(cursor.fetchone()[0])


def lead_candidates(search: Search) -> set[int]:
    """The candidates that a concluded search leaves as leads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT searches_leads(%s, %s)", [current_agency_id(), search.pk])
        return {row[0] for row in cursor.fetchall()}


def _facts(search: Search, conclusion: Conclusion) -> dict[str, object]:
    """Who verified and what it came to: EU AI Act Art. 12(3)(d)."""
    rounds = search.examinations.filter(state=ExaminationState.SUBMITTED).order_by("round")
    return {
        "case": str(search.case_id),
        "outcome": conclusion.outcome,
        "examiners": [row.examiner_id for row in rounds],
        "retained": [_retained(row) for row in rounds],
        "leads": len(lead_candidates(search)),
    }


def _retained(examination: Examination) -> int:
    kept = examination.items.filter(disposition=Disposition.RETAINED)
    return kept.exclude(candidate=None).count()


@transaction.atomic
def report_follow_up(*, actor: Actor, search: Search, outcome: str, note: str) -> FollowUp:
    """Say what other evidence made of a concluded search. Raises Fault."""
    actor.require(Permission.VIEW_CANDIDATES)
    locked = locked_search(search)
    if locked.stage != Stage.CONCLUDED:
        raise Fault("not_concluded")
    require_unlocked(locked)
    if outcome not in FollowUpOutcome.values:
        raise Fault("follow_up_unknown")
    if len(note) > MAX_WORDS:
        raise Fault("text_too_long")
    row = FollowUp(
        search=locked,
        outcome=outcome,
        reported_by_id=actor.user_id,
        reported_by_label=actor.label,
    )
    row.note = note.strip()
    row.save(force_insert=True)
    facts = {"case": str(locked.case_id), "outcome": outcome}
    record(actor, Action.FOLLOW_UP_REPORTED, locked, facts)
    return row
