"""The one way into the record."""

from collections.abc import Mapping
from typing import Any, Protocol

from django.db import models

from portal.audit.actions import Action
from portal.audit.fields import FIELDS
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope


class RecordedActor(Protocol):
    """What the record needs to know of who acts; accounts.actor.Actor is one."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def label(self) -> str: ...
    @property
    def agency_id(self) -> int | None: ...
    @property
    def source(self) -> str: ...


class IncompleteEntry(TypeError):
    """An entry lacks a required field or carries one that its action does not have."""


def record(
    actor: RecordedActor,
    action: Action,
    subject: models.Model | None = None,
    data: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry in the current transaction.

    Called inside the transaction of the act itself, so that neither exists without the other.
    Raises IncompleteEntry when `data` does not have exactly the fields of the action.
    """
    fields = FIELDS[action]
    given = frozenset(data or {})
    if missing := fields.required - given:
        raise IncompleteEntry(f"{action}: missing {', '.join(sorted(missing))}")
    if unknown := given - fields.required - fields.optional:
        raise IncompleteEntry(f"{action}: unknown {', '.join(sorted(unknown))}")
    entry = AuditEntry(
        agency_id=actor.agency_id,
        action=action,
        actor_id=actor.user_id,
        actor_label=actor.label,
        source=actor.source,
        subject_type="" if subject is None else subject._meta.model_name or "",
        subject_id="" if subject is None else str(subject.pk),
        data=dict(data or {}),
    )
    with scope(actor.agency_id) if actor.agency_id is not None else platform_scope():
        entry.save(force_insert=True)
    return entry
