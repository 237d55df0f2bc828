"""Invitations that wait: sent again or withdrawn. New ones are sent from the browser alone."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import people_queries
from accounts.faults import Fault
from accounts.models import Invitation, Role
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from accounts.services.invitations import resend_invitation, revoke_invitation


class InvitationSerializer(SparseSerializer):
    """`live`: whether its link works now. The link itself is in the e-mail alone."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    language = serializers.CharField()
    invited_by = serializers.CharField(source="invited_by_label")
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    live = serializers.BooleanField(source="is_live")


class InvitationFilter(filters.FilterSet):
    """`q` looks in the addresses."""

    q = filters.CharFilter(field_name="email", lookup_expr="icontains")

    class Meta:
        model = Invitation
        fields = ("q",)


class Invitations(AgencyApiView):
    """Invitations that wait or have run out, the last sent first."""

    requires = {"get": Permission.VIEW_PEOPLE}
    serializer_class = InvitationSerializer
    filterset_class = InvitationFilter
    ordering = ("-sent_at", "-pk")
    ordering_fields = ("sent_at", "expires_at", "email")

    def rows(self) -> QuerySet[Invitation]:
        return people_queries.open_invitations()

    @extend_schema(operation_id="invitations_list", tags=["people"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class InvitationResend(AgencyApiView):
    """Send a new link; the old one is dead from then on."""

    requires = {"post": Permission.MANAGE_PEOPLE}
    serializer_class = InvitationSerializer

    @extend_schema(operation_id="invitations_resend", tags=["people"], request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        """`mail_not_sent` says that the new link is saved and the e-mail could not be sent."""
        invitation = get_object_or_404(Invitation.objects.all(), pk=pk)
        try:
            resend_invitation(actor=self.actor, invitation=invitation)
        except Fault as fault:
            if fault.code != "mail_not_sent":
                raise
            # No error for the transaction of an Idempotency-Key: what was saved stays.
            return self.handle_exception(fault)
        return self.told(invitation)


class InvitationRevoke(AgencyApiView):
    """Withdraw an invitation: its link is dead, its seat free."""

    requires = {"post": Permission.MANAGE_PEOPLE}
    serializer_class = InvitationSerializer

    @extend_schema(operation_id="invitations_revoke", tags=["people"], request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        invitation = get_object_or_404(Invitation.objects.all(), pk=pk)
        return self.told(revoke_invitation(actor=self.actor, invitation=invitation))
