"""What the lending agency's people do with a loan, and what its record says of it.

They act in their own agency; what changes in the owning one is written in its scope. The record
of each names nobody of the other but the person lent.
"""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import current_agency_id, scope
from searches.faults import Fault
from searches.models import Examination, ExaminationState, ExaminerLoan, Search
from searches.services.loan_mails import tell_of_decline

JOB = "lending"


@transaction.atomic
def open_loan(*, actor: Actor, pk: UUID) -> ExaminerLoan:
    """Say in both records that the person went to the examination; `actor` is at home."""
    actor.require(Permission.EXAMINE)
    loan = _held(pk, actor, lambda row: row.borrowed_id == actor.user_id)
    with scope(loan.agency_id):
        if loan.opened_at is None:
            loan.opened_at = timezone.now()
            loan.save(update_fields=["opened_at"])
        record(replace(actor, agency_id=loan.agency_id), Action.LOAN_USED, loan, facts_of(loan))
    record(actor, Action.LENT_OUT_USED, loan, {"agency": loan.agency_id})
    return loan


@transaction.atomic
def decline_loan(*, actor: Actor, pk: UUID) -> ExaminerLoan:
    """By the person lent: no, or no more. Raises Fault when the loan is over."""
    loan = _held(pk, actor, lambda row: row.borrowed_id == actor.user_id)
    in_owner = replace(actor, agency_id=loan.agency_id)
    return _end(actor, in_owner, loan, by="person")


@transaction.atomic
def recall_loan(*, actor: Actor, pk: UUID) -> ExaminerLoan:
    """By the agency which lends. Raises Fault when the loan is over."""
    actor.require(Permission.RECALL)
    loan = _held(pk, actor, lambda row: True)
    return _end(actor, system_actor(JOB, loan.agency_id), loan, by="agency")


def _held(pk: UUID, actor: Actor, is_theirs: Callable[[ExaminerLoan], bool]) -> ExaminerLoan:
    """A loan that stands, locked until the transaction ends."""
    # The manager shows one's own agency's rows; row-level security those that name it, too.
    named = ExaminerLoan._base_manager.get(pk=pk, lending_agency_id=actor.agency)
    with scope(named.agency_id):
        loan = ExaminerLoan.objects.select_for_update(of=("self",)).get(pk=pk)
    if not is_theirs(loan) or not loan.stands:
        raise Fault("loan_over")
    return loan


def _end(actor: Actor, in_owner: Actor, loan: ExaminerLoan, *, by: str) -> ExaminerLoan:
    with scope(loan.agency_id):
        loan.declined_at, loan.declined_by_id = timezone.now(), actor.user_id
        loan.save(update_fields=["declined_at", "declined_by_id"])
        record(in_owner, Action.LOAN_DECLINED, loan, facts_of(loan) | {"by": by})
        give_back(in_owner, loan)
        tell_of_decline(loan)
    record(actor, Action.LENT_OUT_ENDED, loan, {"agency": loan.agency_id, "by": by})
    return loan


def give_back(actor: Actor, loan: ExaminerLoan) -> bool:
    """Return the examination that an ended loan leaves open, so that the round is free again.

    In the owning agency's scope and the open transaction; returns whether there was one.
    """
    if loan.borrowed_id is None:
        return False
    own = Examination.objects.filter(search_id=loan.search_id, round=loan.round)
    rows = own.filter(examiner_id=loan.person, state=ExaminationState.OPEN)
    examination = rows.select_for_update().first()
    if examination is None:
        return False
    rows.update(state=ExaminationState.RETURNED)
    record(actor, Action.EXAMINATION_RETURNED, examination, facts_of(loan))
    return True


def give_back_expired() -> int:
    """The same for loans of the current agency that time has ended; returns how many there were."""
    over = ExaminerLoan.objects.filter(expires_at__lte=timezone.now(), opened_at__isnull=False)
    open_ones = over.filter(
        search__examinations__state=ExaminationState.OPEN,
        search__examinations__examiner_id=F("borrowed_id"),
        search__examinations__round=F("round"),
    )
    return sum(_give_back_expired(loan) for loan in open_ones)


@transaction.atomic
def _give_back_expired(loan: ExaminerLoan) -> bool:
    """Unless another loan to the same person has taken its place."""
    others = ExaminerLoan.objects.filter(
        search_id=loan.search_id, round=loan.round, borrowed_id=loan.borrowed_id
    )
    if any(other.stands for other in others):
        return False
    return give_back(system_actor(JOB, loan.agency_id), loan)


def record_end_of(loan: ExaminerLoan, *, by: str) -> None:
    """The end of a loan in the lending agency's record, in the owning one's transaction."""
    if loan.lending_agency_id is None:
        return
    actor = system_actor(JOB, loan.lending_agency_id)
    record(actor, Action.LENT_OUT_ENDED, loan, {"agency": current_agency_id(), "by": by})


def facts_of(loan: ExaminerLoan) -> dict[str, object]:
    """What entries of the owning agency say of a loan; whom it names is in its row."""
    case = Search.objects.values_list("case_id", flat=True).get(pk=loan.search_id)
    return {"search": str(loan.search_id), "case": str(case), "round": loan.round}
