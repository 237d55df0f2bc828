"""What the tests of webhooks have in common: what happens, and what became of it."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Agency, EventType, WebhookDelivery
from accounts.webhooks.delivering import deliver_due
from accounts.webhooks.events import Data, emit
from portal.audit.models import AuditEntry
from portal.tenancy import scope

NEW = {"url": "https://hooks.example.org/candor", "events": ["search.stage"]}


def happens(agency: Agency, event: EventType = EventType.IMPORT_STAGE) -> None:
    ids: Data = {"import": uuid.uuid4(), "gallery": uuid.uuid4(), "stage": "running"}
    with scope(agency.pk), transaction.atomic():
        emit(event, ids)


def delivered(agency: Agency) -> int:
    with scope(agency.pk):
        return deliver_due(agency.pk)


def due_now(agency: Agency) -> None:
    """As if the pause before the next try were over."""
    with scope(agency.pk):
        WebhookDelivery.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))


def the_delivery(agency: Agency) -> WebhookDelivery:
    with scope(agency.pk):
        return WebhookDelivery.objects.select_related("event").get()


def acts(agency: Agency) -> list[str]:
    with scope(agency.pk):
        found = AuditEntry.objects.filter(action__startswith="webhook.").order_by("pk")
        return [str(entry.action) for entry in found]
