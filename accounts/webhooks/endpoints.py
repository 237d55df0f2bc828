"""Where an agency is told, entered and changed by its administrators."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import CHOSEN_EVENTS, DisabledBy, WebhookEndpoint
from accounts.permissions import Permission
from accounts.services.seats import lock_agency
from accounts.webhooks.disabling import disable
from accounts.webhooks.signing import new_secret, sealed
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.outgoing import is_acceptable, leads_outside

MOST = 10
BOTH_SIGN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """What an administrator says of an endpoint."""

    url: str
    events: Iterable[str]
    description: str = ""


def add_endpoint(*, actor: Actor, facts: EndpointFacts) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown now and never again. Raises Fault."""
    actor.require(Permission.MANAGE_WEBHOOKS)
    said = _checked(facts)
    with transaction.atomic():
        lock_agency(actor.agency)
        if WebhookEndpoint.objects.filter(removed_at=None).count() >= MOST:
            raise Fault("webhooks_full")
        row = WebhookEndpoint(agency_id=actor.agency, created_by_label=actor.label, **said)
        secret = new_secret()
        row.secret = sealed(row, secret)
        row.save(force_insert=True)
        record(actor, Action.WEBHOOK_ADDED, row, {"events": row.events})
    return row, secret


def change_endpoint(*, actor: Actor, endpoint: WebhookEndpoint, facts: EndpointFacts) -> None:
    """Another address, description or choice of events. Raises Fault."""
    actor.require(Permission.MANAGE_WEBHOOKS)
    said = _checked(facts)
    with transaction.atomic():
        row = locked(endpoint)
        changed = sorted(name for name, value in said.items() if getattr(row, name) != value)
        if changed:
            WebhookEndpoint.objects.filter(pk=row.pk).update(**said)
            record(actor, Action.WEBHOOK_CHANGED, row, {"fields": changed})


@transaction.atomic
def disable_endpoint(*, actor: Actor, endpoint: WebhookEndpoint) -> None:
    """Send it nothing for now; what happens meanwhile is not kept for it."""
    actor.require(Permission.MANAGE_WEBHOOKS)
    disable(actor, locked(endpoint), DisabledBy.HAND)


@transaction.atomic
def enable_endpoint(*, actor: Actor, endpoint: WebhookEndpoint) -> None:
    """Go on, with what was on its way when it was disabled, too. Twice is no error."""
    actor.require(Permission.MANAGE_WEBHOOKS)
    row = locked(endpoint)
    if row.disabled_at is None:
        return
    row.disabled_at, row.disabled_by = None, ""
    row.failures, row.failing_since = 0, None
    row.save(update_fields=["disabled_at", "disabled_by", "failures", "failing_since"])
    record(actor, Action.WEBHOOK_ENABLED, row)


@transaction.atomic
def rotate_secret(*, actor: Actor, endpoint: WebhookEndpoint) -> str:
    """A new secret, shown now and never again; the old one signs too for another day."""
    actor.require(Permission.MANAGE_WEBHOOKS)
    row, secret = locked(endpoint), new_secret()
    row.previous_secret, row.previous_until = row.secret, timezone.now() + BOTH_SIGN
    row.secret = sealed(row, secret)
    row.save(update_fields=["secret", "previous_secret", "previous_until"])
    record(actor, Action.WEBHOOK_SECRET_ROTATED, row)
    return secret


@transaction.atomic
def remove_endpoint(*, actor: Actor, endpoint: WebhookEndpoint) -> None:
    """Give an endpoint up with its secrets; nothing goes there any more."""
    actor.require(Permission.MANAGE_WEBHOOKS)
    row = locked(endpoint)
    row.removed_at, row.secret, row.previous_secret = timezone.now(), b"", b""
    row.save(update_fields=["removed_at", "secret", "previous_secret"])
    record(actor, Action.WEBHOOK_REMOVED, row)


def locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """The row as it is now, held until the commit. Raises Fault when it was removed."""
    row = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if row.removed_at is not None:
        raise Fault("webhook_removed")
    return row


def _checked(facts: EndpointFacts) -> dict[str, object]:
    """What is kept of it. Raises Fault; names are looked up, so not in a transaction."""
    chosen = set(facts.events)
    if not chosen or not chosen <= set(CHOSEN_EVENTS):
        raise Fault("webhook_events")
    url, listed = facts.url.strip(), settings.WEBHOOK_HOSTS
    if not is_acceptable(url, listed) or not leads_outside(url, listed):
        raise Fault("webhook_address")
    events = [str(event) for event in CHOSEN_EVENTS if event in chosen]
    return {"url": url, "description": facts.description.strip(), "events": events}
