"""The endpoints of an agency, and what went there."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.actor import Actor
from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.permissions import Permission


def endpoints(actor: Actor) -> QuerySet[WebhookEndpoint]:
    actor.require(Permission.MANAGE_WEBHOOKS)
    return WebhookEndpoint.objects.filter(removed_at=None)


def endpoint_for(actor: Actor, pk: UUID) -> WebhookEndpoint:
    """One of the agency's. Raises Http404, PermissionDenied."""
    found = get_object_or_404(WebhookEndpoint.objects.filter(removed_at=None), pk=pk)
    actor.require(Permission.MANAGE_WEBHOOKS)
    return found


def deliveries(endpoint: WebhookEndpoint) -> QuerySet[WebhookDelivery]:
    """What was put on its way to an endpoint, newest first."""
    return WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event")


def delivery_for(actor: Actor, pk: UUID) -> WebhookDelivery:
    """One to an endpoint of the agency. Raises Http404, PermissionDenied."""
    rows = WebhookDelivery.objects.filter(endpoint__removed_at=None)
    found = get_object_or_404(rows.select_related("event", "endpoint"), pk=pk)
    actor.require(Permission.MANAGE_WEBHOOKS)
    return found
