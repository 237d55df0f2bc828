"""Webhooks for programs: the list, a new one, what was delivered, and sending it again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import (
    CHOSEN_EVENTS,
    DeliveryState,
    DisabledBy,
    EventType,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from accounts.webhooks import queries
from accounts.webhooks.acts import replay, send_test
from accounts.webhooks.endpoints import (
    EndpointFacts,
    add_endpoint,
    change_endpoint,
    remove_endpoint,
)

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


class DeliveryFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=DeliveryState.choices)
    type = filters.ChoiceFilter(choices=EventType.choices, field_name="event__type")

    class Meta:
        model = WebhookDelivery
        fields = ("state",)


class Webhooks(AgencyApiView):
    """The agency's webhooks, newest first."""

    requires = {"get": Permission.MANAGE_WEBHOOKS, "post": Permission.MANAGE_WEBHOOKS}
    serializer_class = WebhookSerializer
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at",)

    def rows(self) -> QuerySet[WebhookEndpoint]:
        return queries.endpoints(self.actor)

    @extend_schema(operation_id="webhooks_list", tags=["webhooks"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="webhooks_add",
        tags=["webhooks"],
        request=NewWebhookSerializer,
        responses={201: MadeWebhookSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Add a webhook. The answer is the one time that its secret is shown."""
        facts = EndpointFacts(**self.asked(NewWebhookSerializer))
        endpoint, secret = add_endpoint(actor=self.actor, facts=facts)
        address = reverse("api_webhook", args=[endpoint.pk])
        return Response(told_once(endpoint, secret), 201, headers={"Location": address})


def told_once(endpoint: WebhookEndpoint, secret: str) -> dict[str, Any]:
    """An endpoint with its secret, in the one answer that has it."""
    return {**WebhookSerializer(endpoint).data, "secret": secret}


class OneWebhook(AgencyApiView):
    """One webhook."""

    requires = dict.fromkeys(("get", "put", "delete"), Permission.MANAGE_WEBHOOKS)
    serializer_class = WebhookSerializer

    @extend_schema(operation_id="webhooks_get", tags=["webhooks"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(queries.endpoint_for(self.actor, pk))

    @extend_schema(
        operation_id="webhooks_change",
        tags=["webhooks"],
        request=NewWebhookSerializer,
        responses=WebhookSerializer,
        examples=[EXAMPLE],
    )
    def put(self, request: Request, pk: UUID) -> Response:
        """Give a webhook another address, description or choice of events; the secret stays."""
        endpoint = queries.endpoint_for(self.actor, pk)
        facts = EndpointFacts(**self.asked(NewWebhookSerializer))
        change_endpoint(actor=self.actor, endpoint=endpoint, facts=facts)
        return self.told(queries.endpoint_for(self.actor, pk))

    @extend_schema(operation_id="webhooks_remove", tags=["webhooks"], responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a webhook with its secret; nothing goes there any more."""
        remove_endpoint(actor=self.actor, endpoint=queries.endpoint_for(self.actor, pk))
        return Response(status=204)


class Deliveries(AgencyApiView):
    """What was put on its way to a webhook in the last 30 days, newest first."""

    requires = {"get": Permission.MANAGE_WEBHOOKS}
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at",)
    queryset = WebhookDelivery._base_manager.none()  # for the description alone

    @extend_schema(operation_id="webhooks_deliveries", tags=["webhooks"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.listed(queries.deliveries(queries.endpoint_for(self.actor, pk)))


class Test(AgencyApiView):
    """A test to one webhook."""

    requires = {"post": Permission.MANAGE_WEBHOOKS}
    serializer_class = DeliverySerializer

    @extend_schema(
        operation_id="webhooks_test",
        tags=["webhooks"],
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Put an event `webhook.test` on its way to this webhook, whatever it is told of."""
        endpoint = queries.endpoint_for(self.actor, pk)
        return self.told(send_test(actor=self.actor, endpoint=endpoint), 202)


class Replay(AgencyApiView):
    """A delivery once more."""

    requires = {"post": Permission.MANAGE_WEBHOOKS}
    serializer_class = DeliverySerializer

    @extend_schema(
        operation_id="webhooks_replay",
        tags=["webhooks"],
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Send it again now, delivered or not, under the `webhook-id` it had."""
        delivery = queries.delivery_for(self.actor, pk)
        return self.told(replay(actor=self.actor, delivery=delivery), 202)
