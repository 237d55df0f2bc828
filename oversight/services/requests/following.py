"""What the person does under the secret link: look, write, withdraw, take the letter."""

from django.db import transaction
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import Actor
from accounts.models import NotificationKind
from oversight.faults import Fault
from oversight.models import RequestLetter, RequestLink, RequestNote, SubjectRequest
from oversight.models.request_words import NoteKind, RequestState
from oversight.request_mails import tell_handlers
from oversight.services.requests.common import locked, move, write_note
from portal.audit.actions import Action
from portal.audit.recorder import record

MOST_MESSAGES = 20


@transaction.atomic
def note_opened(link: RequestLink) -> None:
    """Remember that a link was used: of a mailed one, that the mailbox is the person's."""
    RequestLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=timezone.now())


@transaction.atomic
def send_message(*, actor: Actor, request: SubjectRequest, text: str) -> RequestNote:
    """Keep the person's message; a request that waited for it does not wait any more."""
    row = locked(request)
    if not row.is_open:
        raise Fault("request_closed")
    if row.notes.filter(kind=NoteKind.MESSAGE).count() >= MOST_MESSAGES:
        raise Fault("request_too_many")
    note = write_note(actor, row, NoteKind.MESSAGE, text)
    if row.state == RequestState.WAITING:
        back = RequestState.IN_WORK if row.is_identified else RequestState.IDENTITY
        move(actor, row, back)
    tell_handlers(row, NotificationKind.REQUEST_MESSAGE)
    return note


@transaction.atomic
def withdraw(*, actor: Actor, request: SubjectRequest) -> SubjectRequest:
    """The person does not want an answer any more. Raises Fault once there is one."""
    row = locked(request)
    move(actor, row, RequestState.WITHDRAWN)
    record(actor, Action.REQUEST_WITHDRAWN, row, {"by": "person"})
    return row


def read_letter(*, actor: Actor, letter: RequestLetter, by: str) -> bytes:
    """The PDF of a letter, for its person or for the agency; recorded."""
    with transaction.atomic():
        facts = {"by": by, "sha256": letter.sha256}
        record(actor, Action.REQUEST_LETTER_DOWNLOADED, letter.request, facts)
        return files_of(letter.agency_id).get(letter.file_key)
