"""The outbox: what happened is written with the act itself, and delivered afterwards."""

import re
from collections.abc import Mapping
from uuid import UUID

from accounts.models import EventType, WebhookDelivery, WebhookEndpoint, WebhookEvent
from portal.tasks import ring

TASK = "accounts.tasks.deliver_webhooks"
_OF_SEARCH = frozenset({"search", "case", "state", "stage"})
# What each event carries: ids and states only.
FIELDS: Mapping[EventType, frozenset[str]] = {
    EventType.SEARCH_STATE: _OF_SEARCH,
    EventType.SEARCH_STAGE: _OF_SEARCH,
    EventType.SEARCH_CONCLUDED: _OF_SEARCH,
    EventType.IMPORT_STAGE: frozenset({"import", "gallery", "stage"}),
    EventType.ERASURE_FINISHED: frozenset({"erasure", "state"}),
    EventType.TEST: frozenset({"webhook"}),
}
_STATE = re.compile(r"[a-z][a-z_]{0,39}")

Data = Mapping[str, UUID | str]


def emit(event: EventType, data: Data) -> None:
    """Tell every enabled endpoint that wants it, once the open transaction has committed.

    Nothing is written when none does. Raises ValueError for anything but ids and states.
    """
    _check(event, data)
    wanting = WebhookEndpoint.objects.filter(
        disabled_at=None, removed_at=None, events__contains=[event.value]
    )
    if endpoints := list(wanting.only("pk", "agency_id")):
        hand_over(event, data, *endpoints)


def hand_over(event: EventType, data: Data, *endpoints: WebhookEndpoint) -> WebhookEvent:
    """Write the event and put it on its way to these endpoints."""
    _check(event, data)
    said = {name: str(value) for name, value in data.items()}
    row = WebhookEvent.objects.create(type=event, data=said)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(event=row, endpoint=endpoint) for endpoint in endpoints
    )
    ring(TASK, row.agency_id)
    return row


def _check(event: EventType, data: Data) -> None:
    if set(data) != FIELDS[event]:
        raise ValueError(f"{event} carries {', '.join(sorted(FIELDS[event]))}")
    for name, value in data.items():
        if not isinstance(value, UUID) and not _STATE.fullmatch(value):
            raise ValueError(f"{event}: {name} is neither an id nor a state")
