"""What the verbs about requests share: the lock, the ways, notes."""

from typing import Any

from accounts.actor import Actor
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.models import RequestNote, SubjectRequest
from oversight.models.request_words import WAYS, NoteKind, Reach, RequestState
from portal.audit.actions import Action
from portal.audit.recorder import record

MOST_WORDS = 4000


def locked(request: SubjectRequest) -> SubjectRequest:
    """The request as it is, held still until the transaction ends."""
    return SubjectRequest.objects.select_for_update().get(pk=request.pk)


def handled(actor: Actor, request: SubjectRequest) -> SubjectRequest:
    """The same for somebody of the agency who handles requests. Raises Fault, 403.

    Nobody handles a request that came from their own address.
    """
    actor.require(Permission.HANDLE_REQUESTS)
    row = locked(request)
    if row.reach == Reach.EMAIL and row.address.strip().lower() == actor.label.strip().lower():
        raise Fault("request_own")
    return row


def handled_open(actor: Actor, request: SubjectRequest) -> SubjectRequest:
    row = handled(actor, request)
    if not row.is_open:
        raise Fault("request_closed")
    return row


def move(actor: Actor, row: SubjectRequest, to: RequestState) -> None:
    """Bring a locked request to another state, and record it. Raises Fault."""
    if (row.state, to) not in WAYS:
        raise Fault("request_order" if row.is_open else "request_closed")
    before = row.state
    keep(row, state=to)
    record(actor, Action.REQUEST_MOVED, row, {"from": before, "to": str(to)})


def keep(row: SubjectRequest, **fields: Any) -> None:
    """Write these columns of a locked request."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))


def tidy(text: str) -> str:
    """A text as it is kept. Raises Fault for one that is too long."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(text) > MOST_WORDS:
        raise Fault("request_text_too_long")
    return text


def reason_of(text: str) -> str:
    text = tidy(text)
    if len(text) < MIN_REASON:
        raise Fault("reason_too_short")
    return text


def write_note(actor: Actor, row: SubjectRequest, kind: NoteKind, text: str) -> RequestNote:
    """Keep a sealed note in the current transaction. Raises Fault for an empty one."""
    text = tidy(text)
    if not text:
        raise Fault("request_text_missing")
    label = "" if kind == NoteKind.MESSAGE else actor.label
    note = RequestNote(request=row, kind=kind, author_id=actor.user_id, author_label=label)
    note.text = text
    note.save(force_insert=True)
    record(actor, Action.REQUEST_NOTE_ADDED, row, {"note": str(note.pk), "kind": str(kind)})
    return note
