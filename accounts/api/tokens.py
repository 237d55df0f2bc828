"""API tokens: one's own, the agency's, and the end of one. A token never makes tokens."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from accounts.services.tokens import revoke_token

STATES = [(name, name) for name in ("valid", "expired", "revoked")]


class TokenSerializer(SparseSerializer):
    """A token without its secret, of which only a hash is kept; `hint` is how it begins."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    hint = serializers.CharField()
    owner = serializers.EmailField(source="user.email")
    permissions = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=STATES)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class OwnTokens(AgencyApiView):
    """The tokens of the token's owner in this agency; everybody may see their own."""

    serializer_class = TokenSerializer
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at", "expires_at")

    def rows(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=self.token.user).select_related("user")

    @extend_schema(operation_id="tokens_list", tags=["tokens"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class AgencyTokens(OwnTokens):
    """The tokens of all the agency's people."""

    requires = {"get": Permission.MANAGE_TOKENS}

    def rows(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.select_related("user")

    @extend_schema(operation_id="tokens_list_agency", tags=["tokens"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class TokenRevoke(AgencyApiView):
    """End a token at once: one's own, also the one that asks; others' take `tokens.manage`."""

    serializer_class = TokenSerializer

    @extend_schema(operation_id="tokens_revoke", tags=["tokens"], request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Of a token that is revoked already, nothing changes."""
        rows = ApiToken.objects.select_related("user")
        revoke_token(actor=self.actor, token=get_object_or_404(rows, pk=pk))
        return self.told(rows.get(pk=pk))
