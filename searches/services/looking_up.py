"""Whose address a loan names: looked up by a worker, so that no answer depends on it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import actor_of, memberships_of
from accounts.actor import system_actor
from accounts.models import Agency, User
from accounts.permissions import Permission
from accounts.policies import policy_in
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import ExaminerLoan
from searches.services.lent_out import JOB
from searches.services.loan_mails import tell_of_loan


@transaction.atomic
def look_up_loan(pk: UUID) -> bool:
    """Give a loan to the person with its address, if their agency lends them; tell them.

    Returns whether it did. Done once: who becomes an examiner later is asked anew.
    """
    rows = ExaminerLoan.objects.select_for_update(of=("self",))
    loan = rows.filter(pk=pk, looked_up_at=None).first()
    if loan is None or not loan.stands:
        return False
    loan.looked_up_at = timezone.now()
    found = _lent_by(loan)
    if found is not None:
        user, agency = found
        loan.borrowed_id, loan.lending_agency_id = user.pk, agency.pk
    loan.save(update_fields=["looked_up_at", "borrowed_id", "lending_agency_id"])
    if found is None:
        return False
    facts = {"agency": loan.agency_id, "person": user.pk, "expires": loan.expires_at.isoformat()}
    record(system_actor(JOB, agency.pk), Action.EXAMINER_LENT_OUT, loan, facts)
    tell_of_loan(loan, user, agency)
    return True


def _lent_by(loan: ExaminerLoan) -> tuple[User, Agency] | None:
    """The examiner with the loan's address, and the first of their agencies that lends them."""
    user = User.objects.filter(email__iexact=loan.email, is_active=True).first()
    if user is None:
        return None
    places = memberships_of(user)
    if any(agency.pk == loan.agency_id for agency, _membership in places):
        return None
    for agency, membership in places:
        lends = policy_in(agency.stored_policy).lend_examiners
        if lends and actor_of(user, agency, membership, "").can(Permission.EXAMINE):
            return user, agency
    return None


def look_up_waiting() -> int:
    """The loans of the current agency whose bell was lost; returns how many were looked at."""
    waiting = ExaminerLoan.objects.filter(looked_up_at=None, expires_at__gt=timezone.now())
    keys = list(waiting.filter(revoked_at=None).values_list("pk", flat=True)[:1000])
    for pk in keys:
        look_up_loan(pk)
    return len(keys)
