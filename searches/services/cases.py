"""Cases: opened, closed and opened again."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.purposes import Purpose
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import Case, CaseCategory, CaseMember, CaseStatus, NoteKind
from searches.models.case import MAX_TITLE
from searches.saving import refusals_as_faults, save_unique
from searches.services.case_notes import write_note
from searches.services.drafts import forget_of_case
from searches.services.membership import lock_case, require_owner


@transaction.atomic
def open_case(
    *,
    actor: Actor,
    number: str,
    title: str,
    purpose: str = "",
    category: CaseCategory | None = None,
) -> Case:
    """A new case of one purpose for good, owned by who opens it.

    An agency with a list of categories opens its cases by one of them, whose purpose they have.
    Raises ValidationError when the number is empty or in use, or the title is empty or too long;
    Fault for a wrong purpose.
    """
    actor.require(Permission.OPEN_CASE)
    _require_title(title.strip())
    case = Case(
        number=number.strip(),
        category=category,
        purpose=_purpose_of(purpose, category),
        owner_id=actor.user_id,
        owner_label=actor.label,
        opened_by_id=actor.user_id,
        opened_by_label=actor.label,
    )
    case.title = title.strip()
    with refusals_as_faults():
        save_unique(case)
    if actor.user_id is not None:
        CaseMember.objects.create(
            case=case, user_id=actor.user_id, label=actor.label, added_by_label=actor.label
        )
    facts = {"purpose": case.purpose, "category": str(category.pk) if category else ""}
    record(actor, Action.CASE_OPENED, case, facts)
    return case


def _require_title(title: str) -> None:
    """What the database cannot hold against a sealed text."""
    try:
        CharField(max_length=MAX_TITLE).clean(title, None)
    except ValidationError as error:
        raise ValidationError({"title": error.error_list}) from error


def _purpose_of(purpose: str, category: CaseCategory | None) -> str:
    """What the case is for. The database holds the same against somebody who is quicker."""
    if category is not None:
        if category.retired_at is not None:
            raise Fault("category_retired")
        return str(category.purpose)
    if CaseCategory.objects.filter(retired_at=None).exists():
        raise Fault("category_missing")
    if purpose not in Purpose.values:
        raise Fault("purpose_unknown")
    return purpose


@transaction.atomic
def close_case(*, actor: Actor, case: Case, reason: str) -> Case:
    """End the work on a case: nothing is uploaded or searched in it any more. Raises Fault."""
    locked = lock_case(case.pk)
    require_owner(actor, locked)
    if locked.is_closed:
        raise Fault("case_closed")
    write_note(actor, locked, NoteKind.CLOSED, reason)
    locked.status = CaseStatus.CLOSED
    locked.closed_at, locked.closed_by_label = timezone.now(), actor.label
    locked.save(update_fields=["status", "closed_at", "closed_by_label"])
    forget_of_case(locked.pk)
    record(actor, Action.CASE_CLOSED, locked, content={"reason": reason.strip()})
    return locked


@transaction.atomic
def reopen_case(*, actor: Actor, case: Case, reason: str) -> Case:
    """Let the members of a closed case work on. Raises Fault."""
    actor.require(Permission.SUPERVISE_CASES)
    locked = lock_case(case.pk)
    if not locked.is_closed:
        raise Fault("case_not_closed")
    write_note(actor, locked, NoteKind.REOPENED, reason)
    locked.status = CaseStatus.OPEN
    locked.closed_at, locked.closed_by_label = None, ""
    locked.save(update_fields=["status", "closed_at", "closed_by_label"])
    record(actor, Action.CASE_REOPENED, locked, content={"reason": reason.strip()})
    return locked
