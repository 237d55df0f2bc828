"""Deciding on a request: the decision, its letter, and what follows."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Agency
from accounts.people_queries import people_with
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.models import SubjectRequest
from oversight.models.request_words import (
    LetterAbout,
    RefusalGround,
    RequestKind,
    RequestOutcome,
    RequestState,
    SentHow,
    Withheld,
    WithheldGround,
)
from oversight.request_mails import send_link
from oversight.services.requests.common import handled, handled_open, keep, reason_of, tidy
from oversight.services.requests.deadlines import day_at
from oversight.services.requests.lettering import make_letter
from portal.audit.actions import Action
from portal.audit.recorder import record


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided. `told` is printed in the letter; `why` stays in the agency."""

    outcome: str
    why: str
    ground: str = ""
    withheld: str = ""
    withheld_ground: str = ""
    erase_by: date | None = None
    told: str = ""


@transaction.atomic
def decide(*, actor: Actor, request: SubjectRequest, decision: Decision) -> SubjectRequest:
    """Decide on a request in work, and make its letter. Raises Fault."""
    row = handled_open(actor, request)
    if row.state != RequestState.IN_WORK:
        raise Fault("request_order")
    agency = Agency.objects.get(pk=row.agency_id)
    _check(actor, agency, row, decision)
    row.inside, row.told = reason_of(decision.why), tidy(decision.told)
    now = timezone.now()
    keep(
        row,
        state=RequestState.DECIDED,
        outcome=decision.outcome,
        ground=decision.ground,
        withheld=decision.withheld,
        withheld_ground=decision.withheld_ground,
        erase_by=decision.erase_by,
        decided_at=now,
        decided_by_id=actor.user_id,
        decided_by_label=actor.label,
        inside_sealed=row.inside_sealed,
        told_sealed=row.told_sealed,
    )
    facts = {
        "outcome": decision.outcome,
        "ground": decision.ground,
        "withheld": decision.withheld,
        "withheld_ground": decision.withheld_ground,
        "erase_by": str(decision.erase_by or ""),
    }
    record(actor, Action.REQUEST_DECIDED, row, facts, content={"reason": row.inside})
    make_letter(actor, agency, row, LetterAbout.DECISION)
    return row


def is_alone(row: SubjectRequest) -> bool:
    """Whether nobody else could decide than who checked the identity."""
    people = [one.pk for one in people_with(Permission.HANDLE_REQUESTS)]
    if row.identity_by_id is None:
        return len(people) < 2
    return all(pk == row.identity_by_id for pk in people)


def _check(actor: Actor, agency: Agency, row: SubjectRequest, decision: Decision) -> None:
    grants = decision.outcome in (RequestOutcome.GRANTED, RequestOutcome.PARTLY)
    personal = row.kind in (RequestKind.ACCESS, RequestKind.ERASURE)
    if decision.outcome not in RequestOutcome.values:
        raise Fault("request_order")
    if (decision.ground in RefusalGround.values) == grants:
        raise Fault("request_ground_missing")
    if grants and personal:
        if not row.is_identified:
            raise Fault("request_identity_unchecked")
        is_same = actor.user_id is not None and actor.user_id == row.identity_by_id
        if is_same and not is_alone(row):
            raise Fault("request_second_person")
    _check_withholding(row, decision, grants)
    erases = grants and row.kind == RequestKind.ERASURE
    today = day_at(agency, timezone.now())
    if erases != (decision.erase_by is not None) or (
        decision.erase_by is not None and decision.erase_by < today
    ):
        raise Fault("request_erase_by")


def _check_withholding(row: SubjectRequest, decision: Decision, grants: bool) -> None:
    if not decision.withheld and not decision.withheld_ground:
        return
    known = decision.withheld in Withheld.values and decision.withheld != Withheld.NOTHING
    if not known or decision.withheld_ground not in WithheldGround.values:
        raise Fault("request_withheld")
    if not grants or row.kind != RequestKind.ACCESS:
        raise Fault("request_withheld")


@transaction.atomic
def mark_sent(*, actor: Actor, request: SubjectRequest, how: str) -> SubjectRequest:
    """Say how the letter went out; by the link, the person is told by e-mail that it is there."""
    row = handled(actor, request)
    if row.state != RequestState.DECIDED or row.sent_at is not None or how not in SentHow.values:
        raise Fault("request_sent")
    keep(row, sent_at=timezone.now(), sent_how=how)
    record(actor, Action.REQUEST_LETTER_SENT, row, {"how": how})
    if how == SentHow.LINK:
        send_link(Agency.objects.get(pk=row.agency_id), row, "news")
    return row


@transaction.atomic
def mark_erased(*, actor: Actor, request: SubjectRequest) -> SubjectRequest:
    """Say that what was to be erased is erased. Only now a letter says so."""
    row = handled(actor, request)
    if not row.is_to_be_erased:
        raise Fault("request_erased")
    tell_erased(actor, row)
    return row


def tell_erased(actor: Actor, row: SubjectRequest) -> None:
    """Mark a locked request as erased, and make the letter that says so."""
    keep(row, erased_at=timezone.now(), erased_by_label=actor.label)
    record(actor, Action.REQUEST_ERASED, row)
    agency = Agency.objects.get(pk=row.agency_id)
    make_letter(actor, agency, row, LetterAbout.ERASED)
    send_link(agency, row, "news")
