"""Alerts: the list, and one with what it rests on. Whom an alert concerns knows nothing of it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from oversight import alert_queries
from oversight.alert_page import context_of, title_of
from oversight.misuse.facts import Severity
from oversight.misuse.registry import RULES
from oversight.models import AlertDisposition, AlertEventKind, MisuseAlert
from portal.audit.actions import Action
from portal.audit.recorder import record


class AlertSerializer(SparseSerializer):
    """`decision` is empty, and `closed_at` null, while the alert is open."""

    id = serializers.UUIDField()
    rule = serializers.CharField()
    title = serializers.SerializerMethodField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    case = serializers.UUIDField(source="case_id", allow_null=True)
    opened_at = serializers.DateTimeField()
    extended_at = serializers.DateTimeField(allow_null=True)
    handled_by = serializers.CharField(source="owner_label")
    decision = serializers.ChoiceField(
        source="disposition", choices=AlertDisposition.choices, allow_blank=True
    )
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField(source="closed_by_label")

    def get_title(self, alert: MisuseAlert) -> str:
        return str(title_of(alert))


class AlertPersonSerializer(serializers.Serializer[Any]):
    person = serializers.IntegerField()
    email = serializers.EmailField()


class AlertEventSerializer(serializers.Serializer[Any]):
    """What happened to an alert; `note` is why, or what was found."""

    event = serializers.ChoiceField(source="event.kind", choices=AlertEventKind.choices)
    at = serializers.DateTimeField(source="event.at")
    by = serializers.CharField(source="event.by_label")
    to = serializers.CharField(source="event.to_label")
    decision = serializers.CharField(source="event.disposition")
    note = serializers.CharField()


class WholeAlertSerializer(SparseSerializer):
    """A finding proves nothing: look at the case and its searches, then decide.

    `people` are those whom it concerns; `handlers` may be handed it.
    """

    alert = AlertSerializer()
    sentences = serializers.ListField(child=serializers.CharField())
    numbers = serializers.DictField()
    signals = serializers.ListField(child=serializers.CharField())
    searches = serializers.ListField(child=serializers.UUIDField())
    people = AlertPersonSerializer(many=True)
    handlers = AlertPersonSerializer(many=True)
    history = AlertEventSerializer(many=True)


class AlertFilter(filters.FilterSet):
    """`state`: open (unless said otherwise), mine or closed; `decision` narrows the closed ones."""

    state = filters.ChoiceFilter(choices=[(name, name) for name in alert_queries.STATES])
    rule = filters.ChoiceFilter(choices=[(code, code) for code in RULES])
    decision = filters.ChoiceFilter(choices=AlertDisposition.choices)

    class Meta:
        model = MisuseAlert
        fields = ("state", "rule", "decision")

    def filter_queryset(self, queryset: QuerySet[MisuseAlert]) -> QuerySet[MisuseAlert]:
        request: Any = self.request
        values, actor = self.form.cleaned_data, request._request.actor
        state = values["state"] or alert_queries.OPEN
        return alert_queries.listed(actor, state, rule=values["rule"], decision=values["decision"])


class Alerts(AgencyApiView):
    """Alerts, the newest first; that they were listed is recorded."""

    requires = {"get": Permission.HANDLE_ALERTS}
    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    ordering = ("-opened_at", "-pk")
    ordering_fields = ("opened_at",)

    def rows(self) -> QuerySet[MisuseAlert]:
        return alert_queries.alerts_for(self.actor)

    @extend_schema(operation_id="alerts_list", tags=["alerts"])
    def get(self, request: Request) -> Response:
        response = self.listed(self.rows())
        state = request.query_params.get("state") or alert_queries.OPEN
        record(self.actor, Action.ALERTS_LISTED, None, {"state": state})
        return response


class OneAlert(AgencyApiView):
    """One alert with what it rests on and its history; that it was looked at is recorded."""

    requires = {"get": Permission.HANDLE_ALERTS}
    serializer_class = WholeAlertSerializer

    @extend_schema(operation_id="alerts_get", tags=["alerts"])
    def get(self, request: Request, pk: UUID) -> Response:
        alert = alert_queries.alert_for(self.actor, pk)
        record(self.actor, Action.ALERT_VIEWED, alert, {"rule": alert.rule})
        return self.told(_whole(self.actor, alert))


def _whole(actor: Actor, alert: MisuseAlert) -> dict[str, Any]:
    shown = context_of(actor, alert)
    return {
        "alert": alert,
        "sentences": shown["sentences"],
        "numbers": alert.facts["numbers"],
        "signals": alert.facts["signals"],
        "searches": [one.pk for one in shown["searches"]],
        "people": [{"person": m.user_id, "email": m.user.email} for m in shown["people"]],
        "handlers": [{"person": one.pk, "email": one.email} for one in shown["others"]],
        "history": shown["history"],
    }
