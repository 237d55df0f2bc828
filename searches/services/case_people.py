"""Who belongs to a case: members come and go, one of them owns it."""

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import Case, CaseMember
from searches.services.drafts import forget_of_member
from searches.services.membership import eligible, lock_case, require_manager


@transaction.atomic
def add_member(*, actor: Actor, case: Case, user_id: int) -> CaseMember:
    """Let a person of the agency see the case and work on it. Raises Fault.

    By its owner or a supervisor; a person who left may be added again.
    """
    locked = lock_case(case.pk)
    require_manager(actor, locked)
    label = eligible(user_id, Permission.VIEW_CASES).user.email
    if locked.members.filter(user_id=user_id, ended_at=None).exists():
        raise Fault("case_member_already")
    return _add(actor, locked, user_id, label)


def _add(actor: Actor, case: Case, user_id: int, label: str) -> CaseMember:
    member = CaseMember.objects.create(
        case=case, user_id=user_id, label=label, added_by_label=actor.label
    )
    record(actor, Action.CASE_MEMBER_ADDED, case, {"person": user_id})
    return member


@transaction.atomic
def end_member(*, actor: Actor, member: CaseMember) -> CaseMember:
    """Take the case out of a member's sight; when they had it stays on record. Raises Fault."""
    locked = lock_case(member.case_id)
    require_manager(actor, locked)
    current = CaseMember.objects.get(pk=member.pk)
    if current.ended_at is not None:
        return current
    if current.user_id == locked.owner_id:
        raise Fault("case_owner_stays")
    current.ended_at, current.ended_by_label = timezone.now(), actor.label
    current.save(update_fields=["ended_at", "ended_by_label"])
    forget_of_member(locked.pk, current.user_id)
    record(actor, Action.CASE_MEMBER_ENDED, locked, {"person": current.user_id})
    return current


@transaction.atomic
def change_owner(*, actor: Actor, case: Case, user_id: int) -> Case:
    """Make another person answer for the case; who is no member yet becomes one. Raises Fault.

    The one before stays a member.
    """
    locked = lock_case(case.pk)
    require_manager(actor, locked)
    label = eligible(user_id, Permission.WORK_ON_CASES).user.email
    if locked.owner_id == user_id:
        raise Fault("case_owner_already")
    if not locked.members.filter(user_id=user_id, ended_at=None).exists():
        _add(actor, locked, user_id, label)
    before = locked.owner_id
    locked.owner_id, locked.owner_label = user_id, label
    locked.save(update_fields=["owner_id", "owner_label"])
    record(actor, Action.CASE_OWNER_CHANGED, locked, {"before": before, "after": user_id})
    return locked
