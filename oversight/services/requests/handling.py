"""What the agency does with a request until it decides."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Agency
from oversight.faults import Fault
from oversight.models import RequestNote, RequestSubject, SubjectRequest
from oversight.models.request_words import IdentityMethod, NoteKind, RequestState
from oversight.request_mails import send_link
from oversight.services.requests.common import (
    handled,
    handled_open,
    keep,
    move,
    reason_of,
    write_note,
)
from oversight.services.requests.deadlines import day_at, due_on
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import Subject


@transaction.atomic
def take(*, actor: Actor, request: SubjectRequest) -> SubjectRequest:
    """Become the owner of an open request; a new one comes to its identity check."""
    row = handled_open(actor, request)
    record(actor, Action.REQUEST_TAKEN, row, {"before": row.owner_id})
    keep(row, owner_id=actor.user_id, owner_label=actor.label)
    if row.state == RequestState.RECEIVED:
        move(actor, row, RequestState.IDENTITY)
    return row


@transaction.atomic
def check_identity(*, actor: Actor, request: SubjectRequest, method: str) -> SubjectRequest:
    """Say how it was shown who the person is. No copy of a document is kept."""
    row = handled_open(actor, request)
    if method not in IdentityMethod.values:
        raise Fault("request_order")
    keep(
        row,
        identity_method=method,
        identity_at=timezone.now(),
        identity_by_id=actor.user_id,
        identity_by_label=actor.label,
    )
    record(actor, Action.REQUEST_IDENTITY_CHECKED, row, {"method": method})
    if row.state != RequestState.IN_WORK:
        move(actor, row, RequestState.IN_WORK)
    return row


@transaction.atomic
def begin_work(*, actor: Actor, request: SubjectRequest) -> SubjectRequest:
    """Work on it without an identity check, as a correction or a refusal may."""
    row = handled_open(actor, request)
    move(actor, row, RequestState.IN_WORK)
    return row


@transaction.atomic
def ask_person(*, actor: Actor, request: SubjectRequest, text: str) -> SubjectRequest:
    """Ask the person for something, and wait. The time runs on."""
    row = handled_open(actor, request)
    if row.state == RequestState.RECEIVED:
        move(actor, row, RequestState.IDENTITY)
    if row.state != RequestState.WAITING:
        move(actor, row, RequestState.WAITING)
    write_note(actor, row, NoteKind.REPLY, text)
    send_link(_agency(row), row, "news")
    return row


@transaction.atomic
def extend(*, actor: Actor, request: SubjectRequest, text: str) -> SubjectRequest:
    """Two months more, once, before the time is over; the person is told the reason."""
    row = handled_open(actor, request)
    agency = _agency(row)
    if row.extended_at is not None or day_at(agency, timezone.now()) > row.due_on:
        raise Fault("request_extended")
    before, after = row.due_on, due_on(agency, row.received_at, extended=True)
    row.extension = reason_of(text)
    keep(row, due_on=after, extended_at=timezone.now(), extension_sealed=row.extension_sealed)
    facts = {"before": str(before), "after": str(after)}
    record(actor, Action.REQUEST_EXTENDED, row, facts, content={"reason": row.extension})
    send_link(agency, row, "news")
    return row


@transaction.atomic
def add_note(*, actor: Actor, request: SubjectRequest, text: str) -> RequestNote:
    """A note that the agency alone reads, also after the decision."""
    return write_note(actor, handled(actor, request), NoteKind.NOTE, text)


@transaction.atomic
def add_subjects(*, actor: Actor, request: SubjectRequest, reference: str) -> list[RequestSubject]:
    """Choose the subjects that galleries have under this reference: never by a face."""
    row = handled_open(actor, request)
    subjects = Subject.objects.filter(reference=reference.strip())
    known = set(row.subjects.values_list("subject_id", flat=True))
    found = list(subjects)
    if not found:
        raise Fault("request_subject_unknown")
    return [_choose(actor, row, one) for one in found if one.pk not in known]


def _choose(actor: Actor, row: SubjectRequest, subject: Subject) -> RequestSubject:
    chosen = RequestSubject(request=row, subject_id=subject.pk, gallery_id=subject.gallery_id)
    chosen.reference = subject.reference
    chosen.save(force_insert=True)
    facts = {"subject": str(subject.pk), "gallery": str(subject.gallery_id)}
    record(actor, Action.REQUEST_SUBJECT_ADDED, row, facts)
    return chosen


@transaction.atomic
def remove_subject(*, actor: Actor, request: SubjectRequest, chosen: UUID) -> None:
    """Take back a choice of subjects."""
    row = handled_open(actor, request)
    found = row.subjects.filter(pk=chosen).first()
    if found is None:
        raise Fault("request_subject_unknown")
    facts = {"subject": str(found.subject_id), "gallery": str(found.gallery_id)}
    record(actor, Action.REQUEST_SUBJECT_REMOVED, row, facts)
    found.delete()


@transaction.atomic
def link_duplicate(*, actor: Actor, request: SubjectRequest, number: str) -> SubjectRequest:
    """Say of which other request this one is a repetition. It is decided all the same."""
    row = handled(actor, request)
    other = SubjectRequest.objects.filter(number=number.strip().upper()).first()
    if other is None or other.pk == row.pk:
        raise Fault("request_duplicate_unknown")
    keep(row, duplicate_of=other.pk)
    record(actor, Action.REQUEST_LINKED, row, {"of": str(other.pk)})
    return row


@transaction.atomic
def withdraw_for(*, actor: Actor, request: SubjectRequest, text: str) -> SubjectRequest:
    """The person said in another way that no answer is wanted."""
    row = handled_open(actor, request)
    reason = reason_of(text)
    move(actor, row, RequestState.WITHDRAWN)
    record(actor, Action.REQUEST_WITHDRAWN, row, {"by": "staff"}, content={"reason": reason})
    return row


@transaction.atomic
def lapse(*, actor: Actor, request: SubjectRequest, text: str) -> SubjectRequest:
    """The person was asked and has not answered for thirty days."""
    row = handled_open(actor, request)
    reason = reason_of(text)
    if row.state != RequestState.WAITING:
        raise Fault("request_order")
    if (timezone.now() - row.state_since).days < 30:
        raise Fault("request_not_lapsed")
    move(actor, row, RequestState.LAPSED)
    record(actor, Action.REQUEST_LAPSED, row, content={"reason": reason})
    return row


def _agency(row: SubjectRequest) -> Agency:
    return Agency.objects.get(pk=row.agency_id)
