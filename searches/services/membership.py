"""Who belongs to a case, and the lock under which everything about it is decided."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q

from accounts.actor import Actor
from accounts.models import Membership
from accounts.permissions import Permission, permissions_of
from searches.faults import Fault
from searches.models import Case, CaseMember, JobState, Probe, Search

COUNTS = ~Q(state=JobState.FAILED)
"""The searches of a case that count against its number."""


def is_member(actor: Actor, case_id: UUID) -> bool:
    """Whether the person belongs to the case now. The operator counts as a member of every one."""
    if actor.user_id is None:
        return True
    rows = CaseMember.objects.filter(case_id=case_id, user_id=actor.user_id, ended_at=None)
    return rows.exists()


def is_owner(actor: Actor, case: Case) -> bool:
    """Whether the case is the person's own; every case is the operator's too."""
    return actor.user_id is None or actor.user_id == case.owner_id


def may_manage(actor: Actor, case: Case) -> bool:
    """Whether the person decides who belongs to the case: its owner, and supervisors."""
    owns = is_owner(actor, case) and actor.can(Permission.WORK_ON_CASES)
    return owns or actor.can(Permission.SUPERVISE_CASES)


def require_owner(actor: Actor, case: Case) -> None:
    """Raise PermissionDenied (403) unless the case is this actor's own."""
    actor.require(Permission.WORK_ON_CASES)
    if not is_owner(actor, case):
        raise PermissionDenied("case owner")


def require_manager(actor: Actor, case: Case) -> None:
    """Raise PermissionDenied (403) unless this actor decides who belongs to the case."""
    if not may_manage(actor, case):
        raise PermissionDenied("case owner")


def lock_case(case_id: UUID) -> Case:
    """The case as it is now, held until the transaction ends. Searches wait for it as well."""
    # Rows that refer to the case may still be written: they need its key only.
    return Case.objects.select_for_update(no_key=True).get(pk=case_id)


def admit_probe(actor: Actor, case_id: UUID) -> Case:
    """The case, locked for an upload. Raises Fault unless it is open and the actor a member."""
    case = lock_case(case_id)
    if not is_member(actor, case.pk):
        raise Fault("case_not_a_member")
    if case.is_closed:
        raise Fault("case_closed")
    return case


def admit_search(actor: Actor, case_id: UUID, submission_key: UUID) -> None:
    """The same for a search, of which the case must have one left.

    One that the same submission has made already does not count: a double click searches once.
    """
    case = admit_probe(actor, case_id)
    if searches_used(case, besides=submission_key) >= case.search_cap:
        raise Fault("case_cap_reached")


def searches_used(case: Case, besides: UUID | None = None) -> int:
    """How many searches count: all that have not failed."""
    counted = Search.objects.filter(COUNTS, case=case)
    if besides is not None:
        counted = counted.exclude(submission_key=besides)
    return counted.count()


def searched_with(probe: Probe) -> tuple[bool, int]:
    """Whether a search stands on this picture, and how many of its case count."""
    rows = Search.objects.filter(case_id=probe.case_id)
    found = rows.aggregate(
        here=Count("pk", filter=Q(probe_id=probe.pk)), used=Count("pk", filter=COUNTS)
    )
    return found["here"] > 0, found["used"]


def eligible(user_id: int, permission: Permission) -> Membership:
    """The active membership of a person whose roles allow that. Raises Fault."""
    found = Membership.objects.select_related("user").filter(user_id=user_id, deactivated_at=None)
    membership = found.first()
    if membership is None or permission not in permissions_of(membership.roles):
        raise Fault("case_person_not_eligible")
    return membership
