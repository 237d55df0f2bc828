"""Webhooks for programs: the list, a new one, what was delivered, and sending it again."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.webhook_answers import (
    EXAMPLE,
    DeliverySerializer,
    MadeWebhookSerializer,
    NewWebhookSerializer,
    WebhookSerializer,
    told_once,
)
from accounts.models import (
    DeliveryState,
    EventType,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from accounts.webhooks import queries
from accounts.webhooks.acts import replay, send_test
from accounts.webhooks.endpoints import (
    EndpointFacts,
    add_endpoint,
    change_endpoint,
    remove_endpoint,
)


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
