"""Raising alerts: one for each finding, extended while it is open, never doubled."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor, system_actor
from oversight.alert_mails import tell_of_alert
from oversight.misuse.facts import Finding, Rule, Severity
from oversight.models import AlertEvent, AlertEventKind, MisuseAlert
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import current_agency_id

JOB = "misuse"
WEIGHT = {Severity.LOW: 0, Severity.MEDIUM: 1, Severity.HIGH: 2}


def raise_alert(rule: Rule, finding: Finding) -> MisuseAlert | None:
    """Open or extend the alert of a finding; None when nothing of it is new.

    Found twice at the same time it is one alert: the second finds the first's. What was decided
    is raised again only when enough searches have come that no alert of the key rested on.
    """
    try:
        return _raise(rule, finding)
    except IntegrityError:  # another worker has opened it meanwhile
        return _raise(rule, finding)


@transaction.atomic
def _raise(rule: Rule, finding: Finding) -> MisuseAlert | None:
    rows = MisuseAlert.objects.filter(rule=rule.code, key=finding.key)
    alerts = list(rows.select_for_update().order_by("opened_at"))
    is_open = next((one for one in alerts if not one.is_closed), None)
    new = _new_searches(finding, alerts)
    if is_open is not None:
        return _extend(is_open, finding) if new else None
    if alerts and len(new) < rule.renewed_by:
        return None
    return _open(rule, finding)


def _new_searches(finding: Finding, alerts: list[MisuseAlert]) -> set[str]:
    known = {pk for one in alerts for pk in one.facts["searches"]}
    return {str(pk) for pk in finding.searches} - known


def _open(rule: Rule, finding: Finding) -> MisuseAlert:
    alert = MisuseAlert.objects.create(
        rule=rule.code,
        key=finding.key,
        severity=finding.severity,
        facts=_facts(finding, []),
        people=sorted(finding.people),
        case_id=finding.case,
    )
    alert.refresh_from_db()
    actor = system_actor(JOB, current_agency_id())
    note_event(alert, AlertEventKind.OPENED, actor)
    record(actor, Action.ALERT_OPENED, alert, _recorded(alert))
    tell_of_alert(alert)
    return alert


def _extend(alert: MisuseAlert, finding: Finding) -> MisuseAlert:
    """More of the same: what was found before stays, whom it concerns only grows."""
    alert.facts = _facts(finding, alert.facts["searches"])
    alert.people = sorted({*alert.people, *finding.people})
    alert.severity = max(Severity(alert.severity), finding.severity, key=WEIGHT.__getitem__)
    alert.extended_at = timezone.now()
    actor = system_actor(JOB, alert.agency_id)
    if alert.concerns(alert.owner_id):
        note_event(alert, AlertEventKind.RELEASED, actor)
        alert.owner_id, alert.owner_label = None, ""
        tell_of_alert(alert)
    alert.save()
    note_event(alert, AlertEventKind.EXTENDED, actor)
    record(actor, Action.ALERT_EXTENDED, alert, _recorded(alert))
    return alert


def _facts(finding: Finding, before: list[str]) -> dict[str, object]:
    searches = dict.fromkeys([*before, *map(str, finding.searches)])
    return {
        "searches": list(searches),
        "numbers": dict(finding.numbers),
        "signals": list(finding.signals),
    }


def _recorded(alert: MisuseAlert) -> dict[str, object]:
    searches = len(alert.facts["searches"])
    return {"rule": alert.rule, "severity": alert.severity, "searches": searches}


def note_event(
    alert: MisuseAlert,
    kind: AlertEventKind,
    actor: Actor,
    *,
    note: str = "",
    disposition: str = "",
    to: str = "",
) -> None:
    """Write what happened beside the alert, in the open transaction."""
    event = AlertEvent(
        alert=alert,
        kind=kind,
        disposition=disposition,
        searches=len(alert.facts["searches"]),
        by_id=actor.user_id,
        by_label=actor.label,
        to_label=to,
    )
    event.note = note
    event.save(force_insert=True)


def locked_alert(pk: UUID) -> MisuseAlert:
    return MisuseAlert.objects.select_for_update().get(pk=pk)
