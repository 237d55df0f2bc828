"""What people do with an alert: take it, hand it over, decide, open it again."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission
from oversight.alert_mails import handlers_of, tell_of_handing_over
from oversight.faults import Fault
from oversight.models import AlertDisposition, AlertEventKind, MisuseAlert
from oversight.services.alerts import locked_alert, note_event
from portal.audit.actions import Action
from portal.audit.recorder import record

MAX_TEXT = 4000


@transaction.atomic
def take_alert(*, actor: Actor, alert: MisuseAlert) -> MisuseAlert:
    """Become who looks into it, also in place of somebody else."""
    locked = _open_for(actor, alert)
    if locked.owner_id == actor.user_id:
        raise Fault("alert_yours")
    locked.owner_id, locked.owner_label = actor.user_id, actor.label
    locked.save(update_fields=["owner_id", "owner_label"])
    note_event(locked, AlertEventKind.TAKEN, actor)
    record(actor, Action.ALERT_TAKEN, locked, {"rule": locked.rule})
    return locked


@transaction.atomic
def hand_over_alert(*, actor: Actor, alert: MisuseAlert, user_id: int, reason: str) -> MisuseAlert:
    """Give it to another person who handles alerts and whom it does not concern."""
    locked = _open_for(actor, alert)
    _require_owner(actor, locked)
    to = _handler(locked, user_id)
    if to.pk == actor.user_id:
        raise Fault("alert_yours")
    text = checked_text(reason)
    locked.owner_id, locked.owner_label = to.pk, to.email
    locked.save(update_fields=["owner_id", "owner_label"])
    note_event(locked, AlertEventKind.HANDED_OVER, actor, note=text, to=to.email)
    facts = {"rule": locked.rule, "to": to.pk}
    record(actor, Action.ALERT_HANDED_OVER, locked, facts, content={"reason": text})
    tell_of_handing_over(locked, to)
    return locked


@transaction.atomic
def close_alert(*, actor: Actor, alert: MisuseAlert, disposition: str, note: str) -> MisuseAlert:
    """Decide what it was. Only by who looked into it; the note says why, and stays sealed."""
    locked = _open_for(actor, alert)
    _require_owner(actor, locked)
    if disposition not in AlertDisposition.values:
        raise Fault("alert_decision_unknown")
    text = checked_text(note)
    note_event(locked, AlertEventKind.CLOSED, actor, note=text, disposition=disposition)
    locked.disposition, locked.note = disposition, text
    locked.closed_at = timezone.now()
    locked.closed_by_id, locked.closed_by_label = actor.user_id, actor.label
    locked.save()
    facts = {"rule": locked.rule, "disposition": disposition}
    record(actor, Action.ALERT_CLOSED, locked, facts, content={"note": text})
    return locked


@transaction.atomic
def reopen_alert(*, actor: Actor, alert: MisuseAlert, reason: str) -> MisuseAlert:
    """Take a decision back; who does it handles the alert. The old decision stays in its history.

    An open alert of the same finding, raised since, is the one to go on with.
    """
    locked = _alert_for(actor, alert)
    if not locked.is_closed:
        raise Fault("alert_not_closed")
    text = checked_text(reason)
    if MisuseAlert.objects.filter(rule=locked.rule, key=locked.key, closed_at=None).exists():
        raise Fault("alert_raised_again")
    note_event(locked, AlertEventKind.REOPENED, actor, note=text)
    locked.disposition, locked.note = "", ""
    locked.closed_at, locked.closed_by_id, locked.closed_by_label = None, None, ""
    locked.owner_id, locked.owner_label = actor.user_id, actor.label
    locked.save()
    record(actor, Action.ALERT_REOPENED, locked, {"rule": locked.rule}, content={"reason": text})
    return locked


def checked_text(text: str) -> str:
    text = text.strip()
    if len(text) < MIN_REASON:
        raise Fault("alert_reason_too_short")
    if len(text) > MAX_TEXT:
        raise Fault("alert_text_too_long")
    return text


def _alert_for(actor: Actor, alert: MisuseAlert) -> MisuseAlert:
    """The alert, locked, for a person whom it does not concern."""
    actor.require(Permission.HANDLE_ALERTS)
    if actor.user_id is None:
        raise PermissionDenied("a person decides")
    locked = locked_alert(alert.pk)
    if locked.concerns(actor.user_id):
        raise Fault("alert_concerns_you")
    return locked


def _open_for(actor: Actor, alert: MisuseAlert) -> MisuseAlert:
    locked = _alert_for(actor, alert)
    if locked.is_closed:
        raise Fault("alert_closed")
    return locked


def _require_owner(actor: Actor, alert: MisuseAlert) -> None:
    if alert.owner_id != actor.user_id:
        raise Fault("alert_not_yours")


def _handler(alert: MisuseAlert, user_id: int) -> User:
    found = next((one for one in handlers_of(alert) if one.pk == user_id), None)
    if found is None:
        raise Fault("alert_handler_unknown")
    return found
