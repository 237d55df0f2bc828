"""The one way into the record."""

from collections.abc import Mapping
from typing import Any, Protocol

from django.db import models, transaction

from portal.audit.actions import Action
from portal.audit.contents import Sealed
from portal.audit.field_names import Fields
from portal.audit.fields import FIELDS
from portal.audit.linking import scope_of
from portal.audit.models import AuditEntry
from portal.audit.outcomes import outcome_of


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
    *,
    content: Mapping[str, str] | None = None,
) -> AuditEntry:
    """Append one entry in the current transaction.

    Called inside the transaction of the act itself, so that neither exists without the other.
    `content` is what people wrote; it is sealed apart, and empty texts are left out. Raises
    IncompleteEntry when `data` does not have exactly the fields of the action, or `content` others
    than the action's.
    """
    written = {name: text for name, text in (content or {}).items() if text}
    _check(action, FIELDS[action], data or {}, written)
    entry = AuditEntry(
        agency_id=actor.agency_id,
        action=action,
        outcome=outcome_of(action),
        actor_id=actor.user_id,
        actor_label=actor.label,
        source=actor.source,
        subject_type="" if subject is None else subject._meta.model_name or "",
        subject_id="" if subject is None else str(subject.pk),
        data=dict(data or {}),
    )
    entry.case_id = _case_of(entry, subject)
    with scope_of(actor.agency_id):
        if not written:
            entry.save(force_insert=True)
            return entry
        with transaction.atomic():
            sealed = Sealed(entry.agency_id, about(entry), entry.case_id, written)
            entry.content_digest = sealed.digest
            entry.save(force_insert=True)
            sealed.save(entry)
    return entry


def about(entry: AuditEntry) -> str:
    """Whose end is the end of the content: a search, else its case, else the agency."""
    if entry.subject_type == "search":
        return f"search:{entry.subject_id}"
    if "search" in entry.data:
        return f"search:{entry.data['search']}"
    return f"case:{entry.case_id}" if entry.case_id else "agency"


def _case_of(entry: AuditEntry, subject: models.Model | None) -> str:
    if entry.subject_type == "case":
        return entry.subject_id
    return str(entry.data.get("case") or getattr(subject, "case_id", None) or "")


def _check(
    action: Action, fields: Fields, data: Mapping[str, Any], content: Mapping[str, str]
) -> None:
    given = frozenset(data)
    if missing := fields.required - given:
        raise IncompleteEntry(f"{action}: missing {', '.join(sorted(missing))}")
    if unknown := given - fields.required - fields.optional:
        raise IncompleteEntry(f"{action}: unknown {', '.join(sorted(unknown))}")
    if unknown := frozenset(content) - fields.content:
        raise IncompleteEntry(f"{action}: unknown content {', '.join(sorted(unknown))}")
