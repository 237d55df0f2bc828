"""Cases."""

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import Case
from searches.saving import save_unique


@transaction.atomic
def open_case(*, actor: Actor, number: str, title: str) -> Case:
    """A new case. Raises ValidationError when the number is empty or in use."""
    actor.require(Permission.OPEN_CASE)
    case = Case(
        number=number.strip(),
        title=title.strip(),
        opened_by_id=actor.user_id,
        opened_by_label=actor.label,
    )
    case.take_scope()
    save_unique(case)
    record(actor, Action.CASE_OPENED, case)
    return case
