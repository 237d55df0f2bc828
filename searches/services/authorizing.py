"""Another person's decision on a search: it may be done, or it is refused and erased."""

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.models import Authorization, AuthorizationNeeded, Decision, JobState, Search, Stage
from searches.services.announcing import announce
from searches.services.erasing import erase_content, require_no_hold
from searches.services.grant_uses import require_kinds
from searches.services.grounds import require_words
from searches.services.metering import give_back, terms_for_search
from searches.services.sealing import seal_search
from searches.services.stages import enter, locked_search


@transaction.atomic
def authorize_search(*, actor: Actor, search: Search, reason: str) -> Authorization:
    """Let a search be done, or its results be used that were urgent. Raises Fault.

    Nobody authorizes their own (`own_search`); a search that waits for nobody has
    `not_awaiting_authorization`.
    """
    locked, decider = _decidable(actor, search)
    decision = _decide(actor, decider, locked, Decision.APPROVED, reason)
    if locked.authorization == AuthorizationNeeded.BEFORE:
        galleries = [row.gallery for row in locked.searched_galleries.select_related("gallery")]
        require_kinds(locked, terms_for_search(actor.agency, locked.purpose, galleries))
        seal_search(locked, authorized_by=decider)
        enter(locked, Stage.QUEUED, state=JobState.QUEUED)
        ring("searches.tasks.run_search", actor.agency, str(locked.pk))
    else:
        announce(locked)  # its results may be used now; it stands where it stood
    return decision


@transaction.atomic
def refuse_search(*, actor: Actor, search: Search, reason: str) -> Authorization:
    """Refuse a search: what it was made of and what it brought is erased. Raises Fault.

    Not in a case under legal hold: undecided, the search does not run and its results lock.
    """
    locked, decider = _decidable(actor, search)
    require_no_hold(locked)
    decision = _decide(actor, decider, locked, Decision.REFUSED, reason)
    if locked.state in (JobState.HELD, JobState.QUEUED, JobState.RUNNING):
        # A worker that has it finds its claim gone when it finishes.
        closed = {"state": JobState.FAILED, "failure_code": "authorization_refused"}
        enter(locked, Stage.REFUSED, claim=None, **closed)
        give_back(locked)
    else:
        enter(locked, Stage.REFUSED)
    erase_content(actor, locked, cause="refused")
    return decision


def awaits_decision(search: Search) -> bool:
    """Whether a supervisor still has to decide on this search."""
    if search.authorization == AuthorizationNeeded.BEFORE:
        return search.stage == Stage.AWAITING_AUTHORIZATION
    over = (Stage.REFUSED, Stage.FAILED, Stage.EXPIRED, Stage.ERASED)
    is_urgent = search.authorization == AuthorizationNeeded.AFTER and search.stage not in over
    return is_urgent and not search.authorizations.exists()


def _decidable(actor: Actor, search: Search) -> tuple[Search, int]:
    """The search, held still, and who decides on it: a person, and not on their own."""
    actor.require(Permission.AUTHORIZE)
    locked = locked_search(search)
    if actor.user_id is None or actor.user_id == locked.requested_by_id:
        raise Fault("own_search")
    if not awaits_decision(locked):
        raise Fault("not_awaiting_authorization")
    return locked, actor.user_id


def _decide(
    actor: Actor, decider: int, search: Search, decision: Decision, reason: str
) -> Authorization:
    row = Authorization(
        search=search, decision=decision, decided_by_id=decider, decided_by_label=actor.label
    )
    row.reason = require_words(reason, "decision_reason_missing")
    row.save(force_insert=True)
    facts = {"case": str(search.case_id), "decision": str(decision), "basis": search.basis}
    record(actor, Action.SEARCH_AUTHORIZED, search, facts, content={"reason": row.reason})
    return row
