"""Alerts for the eyes of one person: those that concern them do not exist for them."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from accounts.actor import Actor
from oversight.models import MisuseAlert

OPEN, MINE, CLOSED = "open", "mine", "closed"
STATES = (OPEN, MINE, CLOSED)

Alerts = QuerySet[MisuseAlert, MisuseAlert]


def alerts_for(actor: Actor) -> Alerts:
    """All that this person may know of."""
    rows = MisuseAlert.objects.all()
    return rows if actor.user_id is None else rows.exclude(people__contains=[actor.user_id])


def entries_hidden_from(actor: Actor) -> Q | None:
    """Entries about alerts that concern this person, which pages leave out; None for none."""
    rows = MisuseAlert.objects.filter(people__contains=[actor.user_id or 0])
    hidden = [str(pk) for pk in rows.values_list("pk", flat=True)]
    return Q(subject_type="misusealert", subject_id__in=hidden) if hidden else None


def listed(actor: Actor, state: str, *, rule: str = "", decision: str = "") -> Alerts:
    """The newest first; `decision` narrows the closed ones alone."""
    rows = alerts_for(actor).select_related("case")
    if state == CLOSED:
        rows = rows.exclude(closed_at=None)
        rows = rows.filter(disposition=decision) if decision else rows
    else:
        rows = rows.filter(closed_at=None)
        rows = rows.filter(owner_id=actor.user_id) if state == MINE else rows
    rows = rows.filter(rule=rule) if rule else rows
    return rows.order_by("-closed_at" if state == CLOSED else "-opened_at", "-id")


def waiting_alerts(actor: Actor) -> Alerts:
    """Those that wait for this person: open, and nobody's or theirs."""
    rows = alerts_for(actor).filter(closed_at=None)
    return rows.filter(Q(owner_id=None) | Q(owner_id=actor.user_id))


def waiting(actor: Actor) -> int:
    """How many wait for this person."""
    return waiting_alerts(actor).count()


def alert_for(actor: Actor, pk: UUID) -> MisuseAlert:
    """404 also for the person whom it concerns."""
    return get_object_or_404(alerts_for(actor).select_related("case"), pk=pk)
