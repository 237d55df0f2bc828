"""Asking an examiner of another agency for one round of one search, and taking that back."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Membership
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.models import ExaminationState, ExaminerLoan, Search
from searches.models.examination import ADJUDICATION
from searches.models.loan import MOST_AT_ONCE, MOST_DAYS
from searches.models.stage import ROUND_OF
from searches.services.grounds import MAX_WORDS
from searches.services.lent_out import facts_of, give_back, record_end_of
from searches.services.stages import locked_search, require_unlocked

LOOK_UP = "searches.tasks.look_up_loan"


@transaction.atomic
def lend_examiner(
    *, actor: Actor, search: Search, email: str, days: int, reason: str
) -> ExaminerLoan:
    """Ask the person with this address to do the round that is open now. Raises Fault.

    It is the same, and takes as long, whether the address is an examiner's, somebody else's or
    nobody's: a worker looks it up.
    """
    actor.require(Permission.LEND)
    if actor.user_id is None:
        raise PermissionDenied("Who answers for a loan is a person")
    address = email.strip().lower()
    if not 1 <= days <= MOST_DAYS:
        raise Fault("loan_days_out_of_range")
    if len(reason.strip()) < MIN_REASON:
        raise Fault("reason_too_short")
    if len(reason) > MAX_WORDS:
        raise Fault("text_too_long")
    locked = locked_search(search)
    number = _open_round(actor, locked)
    _require_room(locked, number, address)
    loan = ExaminerLoan(
        search=locked,
        round=number,
        email=address,
        asked_by_id=actor.user_id,
        asked_by_label=actor.label,
        expires_at=timezone.now() + timedelta(days=days),
    )
    loan.reason = reason.strip()
    loan.save(force_insert=True)
    facts = facts_of(loan) | {"expires": loan.expires_at.isoformat()}
    record(actor, Action.EXAMINER_LENT, loan, facts, content={"reason": reason.strip()})
    ring(LOOK_UP, loan.agency_id, str(loan.pk))
    return loan


def _open_round(actor: Actor, search: Search) -> int:
    """The round of a locked search that can be lent. Raises Fault when there is none."""
    number = ROUND_OF.get(search.stage)  # type: ignore[call-overload]
    if number is None:
        raise Fault("round_not_open")
    if number == ADJUDICATION:
        raise Fault("adjudication_not_lent")
    if search.requested_by_id == actor.user_id:
        raise Fault("own_search")
    require_unlocked(search)
    rounds = search.examinations.filter(round=number)
    if rounds.exclude(state=ExaminationState.RETURNED).exists():
        raise Fault("examination_taken")
    return int(number)


def _require_room(search: Search, number: int, address: str) -> None:
    """Raises Fault for a colleague, for who is asked already, and for too many at once."""
    colleagues = Membership.objects.filter(deactivated_at=None)
    if colleagues.filter(user__email__iexact=address).exists():
        raise Fault("loan_to_colleague")
    standing = [loan for loan in search.loans.filter(round=number) if loan.stands]
    if any(loan.email == address for loan in standing):
        raise Fault("loan_standing")
    if len(standing) >= MOST_AT_ONCE:
        raise Fault("loans_too_many")


@transaction.atomic
def revoke_loan(*, actor: Actor, loan: ExaminerLoan) -> ExaminerLoan:
    """Take a loan back, with the next click of the person. Raises Fault when it is over."""
    actor.require(Permission.LEND)
    locked = ExaminerLoan.objects.select_for_update(of=("self",)).get(pk=loan.pk)
    if not locked.stands:
        raise Fault("loan_over")
    locked.revoked_at, locked.revoked_by_label = timezone.now(), actor.label
    locked.save(update_fields=["revoked_at", "revoked_by_label"])
    record(actor, Action.LOAN_REVOKED, locked, facts_of(locked))
    give_back(actor, locked)
    record_end_of(locked, by="owner")
    return locked
