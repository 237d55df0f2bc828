"""The security policies: what holds, and every version. They change in the browser alone."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import SecurityPolicy
from accounts.models.policy import BOUNDS
from accounts.permissions import Permission
from accounts.policies import as_values, installation_policy, policy_of
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView


class PolicyValuesSerializer(SparseSerializer):
    """An empty notice stands for the standard text."""

    version = serializers.IntegerField(help_text="0: the installation's own")
    idle_minutes = serializers.IntegerField()
    session_hours = serializers.IntegerField()
    lock_failures = serializers.IntegerField()
    lock_window_minutes = serializers.IntegerField()
    disable_after_days = serializers.IntegerField()
    token_max_days = serializers.IntegerField()
    invitation_days = serializers.IntegerField()
    reauthentication_minutes = serializers.IntegerField()
    passkey_required = serializers.BooleanField()
    single_sign_on_required = serializers.BooleanField()
    authorize_every_search = serializers.BooleanField()
    lend_examiners = serializers.BooleanField()
    banner_en = serializers.CharField()
    banner_fr = serializers.CharField()


class PolicySerializer(PolicyValuesSerializer):
    """What holds, and in `bounds` what the installation asks of every agency."""

    bounds = serializers.DictField(child=serializers.IntegerField())


class PolicyVersionSerializer(PolicyValuesSerializer):
    """A version as it was saved; the installation's bounds may be tighter by now."""

    version = serializers.IntegerField(source="number")
    why = serializers.CharField()
    made_by = serializers.CharField(source="made_by_label")
    made_at = serializers.DateTimeField()


class Policies(AgencyApiView):
    """The policies in force."""

    requires = {"get": Permission.VIEW_POLICIES}
    serializer_class = PolicySerializer

    @extend_schema(operation_id="policies", tags=["people"])
    def get(self, request: Request) -> Response:
        policy, floor = policy_of(self.agency.pk), as_values(installation_policy())
        values: dict[str, Any] = as_values(policy)
        bounds = {name: floor[name] for name in BOUNDS}
        return self.told({"version": policy.version, "bounds": bounds, **values})


class PolicyVersions(AgencyApiView):
    """All versions, the latest first, with who made them and why."""

    requires = {"get": Permission.VIEW_POLICIES}
    serializer_class = PolicyVersionSerializer
    ordering = ("-number", "-pk")
    ordering_fields = ("number",)

    def rows(self) -> QuerySet[SecurityPolicy]:
        return SecurityPolicy.objects.all()

    @extend_schema(operation_id="policies_versions", tags=["people"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())
