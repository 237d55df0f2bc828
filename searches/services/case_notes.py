"""Notes of a case, and the reasons of what was done to it: sealed, and never changed."""

from django.db import transaction

from accounts.actor import Actor
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import Case, CaseNote, NoteKind
from searches.services.membership import is_member

MAX_NOTE = 4000


@transaction.atomic
def add_note(*, actor: Actor, case: Case, text: str) -> CaseNote:
    """Write a member's note, also in a closed case. Raises Fault."""
    actor.require(Permission.WORK_ON_CASES)
    if not is_member(actor, case.pk):
        raise Fault("case_not_a_member")
    if not text.strip():
        raise Fault("note_empty")
    note = write_note(actor, case, NoteKind.NOTE, text)
    record(actor, Action.CASE_NOTE_ADDED, case, {"note": str(note.pk)})
    return note


def write_note(actor: Actor, case: Case, kind: NoteKind, text: str) -> CaseNote:
    """Keep a text in the current transaction. Raises Fault for a reason that says nothing."""
    text = text.replace("\r\n", "\n").strip()
    if kind != NoteKind.NOTE and len(text) < MIN_REASON:
        raise Fault("reason_too_short")
    if len(text) > MAX_NOTE:
        raise Fault("note_too_long")
    note = CaseNote(case=case, kind=kind, author_id=actor.user_id, author_label=actor.label)
    note.text = text
    note.save(force_insert=True)
    return note
