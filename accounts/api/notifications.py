"""What the token's owner was told of in this agency, as far as the token reaches."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Notification, NotificationKind
from accounts.notification_page import TOPICS, Line, lines_of
from accounts.notification_queries import own
from accounts.notifications import kinds_for
from accounts.rest.fields import SparseSerializer
from accounts.rest.filters import YesNoFilter
from accounts.rest.views import AgencyApiView
from accounts.services.notifications import read_one
from portal.tenancy import own_scope


class NotificationSerializer(SparseSerializer):
    """`open` says whether what it is about may be looked at, or waits, still."""

    id = serializers.UUIDField(source="row.id")
    kind = serializers.ChoiceField(choices=NotificationKind.choices, source="row.kind")
    subject_type = serializers.CharField(source="row.subject_type")
    subject_id = serializers.CharField(source="open_id", help_text="empty unless it is open")
    text = serializers.CharField(source="words")
    open = serializers.BooleanField(source="is_open")
    made_at = serializers.DateTimeField(source="row.made_at")
    read_at = serializers.DateTimeField(source="row.read_at", allow_null=True)


class NotificationFilter(filters.FilterSet):
    """`topic` is what stands before the dot of a kind."""

    unread = YesNoFilter(field_name="read_at", lookup_expr="isnull")
    topic = filters.ChoiceFilter(choices=[(one, one) for one in TOPICS], method="about")

    class Meta:
        model = Notification
        fields = ("unread", "topic")

    def about(self, rows: QuerySet[Notification], name: str, topic: str) -> QuerySet[Notification]:
        return rows.filter(kind__startswith=f"{topic}.")


class OwnNotifications(AgencyApiView):
    """Base: kinds that are for permissions which the token has not do not exist for it."""

    serializer_class = NotificationSerializer

    def rows(self) -> QuerySet[Notification]:
        return own(self.actor).filter(kind__in=kinds_for(self.actor))


class Notifications(OwnNotifications):
    """Everybody's own, the newest first."""

    filterset_class = NotificationFilter
    ordering = ("-made_at", "kind", "-pk")
    ordering_fields = ("made_at",)

    def shown(self, page: Sequence[Notification]) -> list[Line]:
        return lines_of(self.actor, page)

    @extend_schema(operation_id="notifications_list", tags=["me"])
    def get(self, request: Request) -> Response:
        with own_scope(self.agency.pk, self.token.user_id):
            return self.listed(self.rows())


class NotificationRead(OwnNotifications):
    """Mark one as read; another person's does not exist."""

    @extend_schema(operation_id="notifications_read", tags=["me"], request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        """Of one that was read before, nothing changes."""
        with own_scope(self.agency.pk, self.token.user_id):
            if not self.rows().filter(pk=pk).exists():
                raise Http404
        row = read_one(actor=self.actor, pk=pk)
        if row is None:  # the clock was faster
            raise Http404
        (line,) = lines_of(self.actor, [row])
        return self.told(line)
