"""What is done to a webhook: stopped, started, given another secret."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.webhook_answers import MadeWebhookSerializer, WebhookSerializer, told_once
from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from accounts.webhooks import queries
from accounts.webhooks.endpoints import disable_endpoint, enable_endpoint, rotate_secret


class DisableWebhook(AgencyApiView):
    """Nothing is sent for now."""

    requires = {"post": Permission.MANAGE_WEBHOOKS}
    serializer_class = WebhookSerializer

    @extend_schema(
        operation_id="webhooks_disable",
        tags=["webhooks"],
        request=None,
        responses=WebhookSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Send it nothing for now; what happens meanwhile is not kept for it."""
        endpoint = queries.endpoint_for(self.actor, pk)
        disable_endpoint(actor=self.actor, endpoint=endpoint)
        return self.told(queries.endpoint_for(self.actor, pk))


class EnableWebhook(AgencyApiView):
    """Things are sent again."""

    requires = {"post": Permission.MANAGE_WEBHOOKS}
    serializer_class = WebhookSerializer

    @extend_schema(
        operation_id="webhooks_enable",
        tags=["webhooks"],
        request=None,
        responses=WebhookSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Go on, with what was on its way when it was disabled, too."""
        endpoint = queries.endpoint_for(self.actor, pk)
        enable_endpoint(actor=self.actor, endpoint=endpoint)
        return self.told(queries.endpoint_for(self.actor, pk))


class RotateWebhook(AgencyApiView):
    """Another secret."""

    requires = {"post": Permission.MANAGE_WEBHOOKS}
    serializer_class = MadeWebhookSerializer

    @extend_schema(
        operation_id="webhooks_rotate",
        tags=["webhooks"],
        request=None,
        responses=MadeWebhookSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """A new secret, shown in this answer alone; the one before signs too for 24 hours."""
        endpoint = queries.endpoint_for(self.actor, pk)
        secret = rotate_secret(actor=self.actor, endpoint=endpoint)
        return Response(told_once(queries.endpoint_for(self.actor, pk), secret))
