"""Signing a week of the record."""

from datetime import date

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from accounts.models import Agency, Membership, Role
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.models import Finding, RecordReview
from oversight.week_summary import summary_of
from oversight.weeks import finished_weeks
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.recorder import record


def sign_week(*, actor: Actor, week: date, finding: Finding, note: str) -> RecordReview:
    """Sign a week that is over; who comes second is told so. Raises Fault.

    The head of the record is signed first and covers all that the numbers count. One's own acts
    are counted apart: where there is another auditor, they are theirs to judge.
    """
    actor.require(Permission.REVIEW_RECORD)
    agency = Agency.objects.get(pk=actor.agency)
    if week not in finished_weeks(agency):
        raise Fault("review_not_over")
    if RecordReview.objects.filter(week=week).exists():
        raise Fault("review_signed")
    if finding == Finding.ACTED and not note.strip():
        raise Fault("review_without_note")
    counts = summary_of(actor, agency, week).as_counts()
    checkpoint = take_checkpoint(actor.agency)
    if checkpoint is None:
        raise RuntimeError("the record of an agency begins with the agency")
    row = RecordReview(
        week=week,
        signed_by_id=actor.user_id,
        signed_by_label=actor.label,
        finding=finding,
        counts=counts,
        checkpoint_number=checkpoint.number,
        checkpoint_head=checkpoint.head,
    )
    row.note = note.strip()
    return _save(actor, row)


def _save(actor: Actor, row: RecordReview) -> RecordReview:
    facts = {
        "week": row.week.isoformat(),
        "checkpoint": row.checkpoint_number,
        "head": row.checkpoint_head,
    }
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            record(actor, Action.RECORD_REVIEWED, row, facts, content={"note": row.note})
    except IntegrityError as error:
        if "review_once_a_week" in str(error):
            raise Fault("review_signed") from error
        raise
    return row


def has_other_auditor(actor: Actor) -> bool:
    """Whether somebody else could look at this person's own acts."""
    auditors = Membership.objects.filter(
        roles__contains=[Role.AUDITOR], deactivated_at=None, user__is_active=True
    )
    if actor.user_id is not None:
        auditors = auditors.exclude(user_id=actor.user_id)
    return auditors.exists()
