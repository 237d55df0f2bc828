"""What programs read of webhooks and of deliveries to them."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.models import (
    CHOSEN_EVENTS,
    DeliveryState,
    DisabledBy,
    EventType,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.rest.fields import SparseSerializer

EXAMPLE = OpenApiExample(
    "A new webhook",
    {
        "url": "https://records.alder.example/candor",
        "description": "Records system",
        "events": ["search.stage", "search.concluded"],
    },
    request_only=True,
)


class WebhookSerializer(SparseSerializer):
    """An endpoint without its secret. `disabled_by` is empty while it is enabled."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=CHOSEN_EVENTS))
    created_by = serializers.CharField(source="created_by_label")
    created_at = serializers.DateTimeField()
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_by = serializers.ChoiceField(choices=DisabledBy.choices, allow_blank=True)
    failing_since = serializers.DateTimeField(allow_null=True)


class NewWebhookSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500)
    description = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default=""
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=CHOSEN_EVENTS), allow_empty=False
    )


class MadeWebhookSerializer(WebhookSerializer):
    """With the secret, which is shown in this answer and never again."""

    secret = serializers.CharField()


class DeliverySerializer(SparseSerializer):
    """One event on its way to one endpoint; `webhook_id` is the header that it carries."""

    id = serializers.UUIDField()
    webhook = serializers.UUIDField(source="endpoint_id")
    webhook_id = serializers.SerializerMethodField()
    type = serializers.ChoiceField(choices=EventType.choices, source="event.type")
    data = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(), source="event.data"
    )
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = serializers.IntegerField()
    status_code = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    next_try_at = serializers.SerializerMethodField()

    def get_webhook_id(self, delivery: WebhookDelivery) -> str:
        name: str = delivery.event.name
        return name

    def get_next_try_at(self, delivery: WebhookDelivery) -> datetime | None:
        return delivery.next_try_at if delivery.state == DeliveryState.WAITING else None


def told_once(endpoint: WebhookEndpoint, secret: str) -> dict[str, Any]:
    """An endpoint with its secret, in the one answer that has it."""
    return {**WebhookSerializer(endpoint).data, "secret": secret}
