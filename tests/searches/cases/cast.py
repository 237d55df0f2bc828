"""What the tests of cases compare."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.actor import Actor
from accounts.models import Agency, User
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.models import Case, CaseMember, CaseNote, Probe, Search

AsActor = Callable[[User, Agency], Actor]
REASON = "The court has asked for it"


def number_of(actor: Actor) -> int:
    assert actor.user_id is not None
    return actor.user_id


def code_of(act: Callable[..., object], *arguments: Any, **named: Any) -> str:
    """The code of the refusal; 403 for a missing right."""
    before = contents()
    try:
        act(*arguments, **named)
    except Fault as fault:
        code = fault.code
    except PermissionDenied:
        code = "403"
    else:
        return "ok"
    assert contents() == before
    return code


def contents() -> list[object]:
    rows: list[object] = []
    for model in (Case, CaseMember, CaseNote, Probe, Search, AuditEntry):
        rows.append(list(model.objects.order_by("pk").values()))
    return rows
