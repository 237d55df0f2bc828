"""What is done to an alert: taken, handed over, decided, opened again."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from oversight.alert_queries import alert_for
from oversight.api.alerts import AlertSerializer
from oversight.models import AlertDisposition
from oversight.services.alert_acts import (
    MAX_TEXT,
    close_alert,
    hand_over_alert,
    reopen_alert,
    take_alert,
)


class AlertReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=MAX_TEXT)


class AlertHandOverSerializer(AlertReasonSerializer):
    """`person` is one of the alert's `handlers`."""

    person = serializers.IntegerField(source="user_id", min_value=1, max_value=2**63 - 1)


class AlertDecisionSerializer(serializers.Serializer[Any]):
    """`note` says what was looked at and why; it is kept sealed."""

    decision = serializers.ChoiceField(source="disposition", choices=AlertDisposition.choices)
    note = serializers.CharField(max_length=MAX_TEXT)


def _example(name: str, **body: object) -> list[OpenApiExample]:
    return [OpenApiExample(name, body, request_only=True)]


class AlertAct(AgencyApiView):
    """What all acts on an alert have in common."""

    requires = {"post": Permission.HANDLE_ALERTS}
    serializer_class = AlertSerializer


class AlertTake(AlertAct):
    """Become who looks into the alert, also in place of somebody else."""

    @extend_schema(operation_id="alerts_take", tags=["alerts"], request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        return self.told(take_alert(actor=self.actor, alert=alert_for(self.actor, pk)))


class AlertHandOver(AlertAct):
    """Give the alert to somebody else who handles alerts; they are told that one waits."""

    @extend_schema(
        operation_id="alerts_hand_over",
        tags=["alerts"],
        request=AlertHandOverSerializer,
        examples=_example("Handed over", person=17, reason="I am away from tomorrow on"),
    )
    def post(self, request: Request, pk: UUID) -> Response:
        alert, said = alert_for(self.actor, pk), self.asked(AlertHandOverSerializer)
        return self.told(hand_over_alert(actor=self.actor, alert=alert, **said))


class AlertDecide(AlertAct):
    """Decide about an alert that one has taken. The decision and the name are recorded."""

    @extend_schema(
        operation_id="alerts_decide",
        tags=["alerts"],
        request=AlertDecisionSerializer,
        examples=_example("Justified", decision="justified", note="Five victims of one robbery"),
    )
    def post(self, request: Request, pk: UUID) -> Response:
        alert, said = alert_for(self.actor, pk), self.asked(AlertDecisionSerializer)
        return self.told(close_alert(actor=self.actor, alert=alert, **said))


class AlertReopen(AlertAct):
    """Take a decision back and handle the alert; the decision stays in its history."""

    @extend_schema(
        operation_id="alerts_reopen",
        tags=["alerts"],
        request=AlertReasonSerializer,
        examples=_example("Opened again", reason="A further search came to light"),
    )
    def post(self, request: Request, pk: UUID) -> Response:
        alert, said = alert_for(self.actor, pk), self.asked(AlertReasonSerializer)
        return self.told(reopen_alert(actor=self.actor, alert=alert, **said))
