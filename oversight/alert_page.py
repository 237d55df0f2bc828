"""What the page of an alert shows: the finding in words, what it rests on, and its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.models import Membership
from oversight.alert_mails import handlers_of
from oversight.misuse.facts import Rule
from oversight.misuse.registry import RULES, explanation
from oversight.models import AlertEvent, MisuseAlert
from searches.models import Search
from searches.sealed import texts_of


@dataclass(frozen=True, slots=True)
class Row:
    """An alert in a list."""

    alert: MisuseAlert
    title: str | Promise


@dataclass(frozen=True, slots=True)
class Happened:
    event: AlertEvent
    note: str


def rows_of(alerts: Sequence[MisuseAlert]) -> list[Row]:
    return [Row(alert, title_of(alert)) for alert in alerts]


def title_of(alert: MisuseAlert) -> str | Promise:
    """A rule that is gone leaves its code."""
    rule = RULES.get(alert.rule)
    return rule.title if rule else alert.rule


def context_of(actor: Actor, alert: MisuseAlert) -> dict[str, Any]:
    rule: Rule | None = RULES.get(alert.rule)
    facts = alert.facts
    return {
        "alert": alert,
        "title": title_of(alert),
        "rule": rule,
        "sentences": explanation(alert.rule, facts["numbers"], facts["signals"]) if rule else [],
        "searches": _searches(alert),
        "people": _people(alert),
        "history": _history(alert),
        "is_mine": alert.owner_id == actor.user_id,
        "others": [one for one in handlers_of(alert) if one.pk != actor.user_id],
    }


def _searches(alert: MisuseAlert) -> list[Search]:
    rows = Search.objects.filter(pk__in=alert.facts["searches"]).select_related("case")
    return list(rows.order_by("created_at"))


def _people(alert: MisuseAlert) -> list[Membership]:
    """Those concerned who are or were of the agency; examiners of others have no row here."""
    rows = Membership.objects.filter(user__in=alert.people).select_related("user")
    return list(rows.order_by("user__email"))


def _history(alert: MisuseAlert) -> list[Happened]:
    events = list(alert.events.order_by("at"))
    notes = texts_of(events, "note_sealed")
    return [Happened(event, note) for event, note in zip(events, notes, strict=True)]
