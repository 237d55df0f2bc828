"""What supervisors set for a case: how many searches it may have, and its legal hold."""

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import Case, NoteKind
from searches.models.case import MAX_CAP
from searches.services.case_notes import write_note
from searches.services.membership import lock_case


@transaction.atomic
def change_cap(*, actor: Actor, case: Case, cap: int, reason: str) -> Case:
    """Let the case have more searches or fewer; those it had stay. Raises Fault."""
    actor.require(Permission.SUPERVISE_CASES)
    if not 1 <= cap <= MAX_CAP:
        raise Fault("case_cap_out_of_range")
    locked = lock_case(case.pk)
    before = locked.search_cap
    if cap == before:
        raise Fault("case_cap_unchanged")
    write_note(actor, locked, NoteKind.CAP_CHANGED, reason)
    locked.search_cap = cap
    locked.save(update_fields=["search_cap"])
    facts = {"before": before, "after": cap}
    record(actor, Action.CASE_CAP_CHANGED, locked, facts, content={"reason": reason.strip()})
    return locked


@transaction.atomic
def hold_case(*, actor: Actor, case: Case, reason: str) -> Case:
    """Put a legal hold on the case: nothing of it is erased while it lasts. Raises Fault."""
    actor.require(Permission.SUPERVISE_CASES)
    locked = lock_case(case.pk)
    if locked.held_at is not None:
        raise Fault("case_held")
    locked.hold_reason = write_note(actor, locked, NoteKind.HELD, reason).text
    locked.held_at, locked.held_by_label = timezone.now(), actor.label
    locked.save(update_fields=["held_at", "held_by_label", "hold_reason_sealed"])
    record(actor, Action.CASE_HELD, locked, content={"reason": reason.strip()})
    return locked


@transaction.atomic
def lift_hold(*, actor: Actor, case: Case, reason: str) -> Case:
    """End the legal hold; its reason stays among the notes. Raises Fault."""
    actor.require(Permission.SUPERVISE_CASES)
    locked = lock_case(case.pk)
    if locked.held_at is None:
        raise Fault("case_not_held")
    write_note(actor, locked, NoteKind.HOLD_LIFTED, reason)
    locked.hold_reason = ""
    locked.held_at, locked.held_by_label = None, ""
    locked.save(update_fields=["held_at", "held_by_label", "hold_reason_sealed"])
    record(actor, Action.CASE_HOLD_LIFTED, locked, content={"reason": reason.strip()})
    return locked
