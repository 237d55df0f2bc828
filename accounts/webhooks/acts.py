"""What administrators have sent: a test, or a delivery once more."""

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import DeliveryState, EventType, WebhookDelivery, WebhookEndpoint
from accounts.permissions import Permission
from accounts.webhooks.endpoints import locked
from accounts.webhooks.events import TASK, hand_over
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring


@transaction.atomic
def send_test(*, actor: Actor, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Put a test on its way to one endpoint, whatever it wants. Raises Fault."""
    actor.require(Permission.MANAGE_WEBHOOKS)
    row = _enabled(endpoint)
    event = hand_over(EventType.TEST, {"webhook": row.pk}, row)
    record(actor, Action.WEBHOOK_TESTED, row, {"event": str(event.pk)})
    return event.deliveries.select_related("event", "endpoint").get()


@transaction.atomic
def replay(*, actor: Actor, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send a delivery once more, now, under the id it had; tries count anew. Raises Fault."""
    actor.require(Permission.MANAGE_WEBHOOKS)
    rows = WebhookDelivery.objects.select_for_update(of=("self",))
    row = rows.select_related("event").get(pk=delivery.pk)
    _enabled(row.endpoint)
    row.state, row.attempts, row.next_try_at = DeliveryState.WAITING, 0, timezone.now()
    row.claim, row.leased_until = None, None
    row.save()
    facts = {"webhook": str(row.endpoint_id), "event": str(row.event_id)}
    record(actor, Action.WEBHOOK_REPLAYED, row, facts)
    ring(TASK, row.agency_id)
    return row


def _enabled(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    row = locked(endpoint)
    if row.disabled_at is not None:
        raise Fault("webhook_disabled")
    return row
