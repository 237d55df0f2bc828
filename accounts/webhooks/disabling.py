"""An endpoint gets nothing any more: by hand, or because of what it answers."""

from django.utils import timezone

from accounts.actor import Actor
from accounts.models import DisabledBy, WebhookEndpoint
from portal.audit.actions import Action
from portal.audit.recorder import record


def disable(actor: Actor, endpoint: WebhookEndpoint, by: DisabledBy) -> None:
    """Stop a locked endpoint, in the open transaction; twice is no error."""
    if endpoint.disabled_at is not None:
        return
    endpoint.disabled_at, endpoint.disabled_by = timezone.now(), by
    endpoint.save(update_fields=["disabled_at", "disabled_by"])
    record(actor, Action.WEBHOOK_DISABLED, endpoint, {"by": str(by), "failures": endpoint.failures})
