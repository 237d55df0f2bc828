"""Who works in the agency. Access and roles change in the browser alone: docs/api-office.md."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import people_queries
from accounts.models import Membership, Role
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView

STATES = [(name, name) for name in people_queries.STATES]


class AgencyMemberSerializer(SparseSerializer):
    """A person in the agency; `person` is what the record calls them by."""

    id = serializers.IntegerField()
    person = serializers.IntegerField(source="user_id")
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name")
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    state = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    deactivated_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, member: Membership) -> str:
        if member.deactivated_at is not None:
            return "deactivated"
        return member.user.login_state or "active"


class MemberFilter(filters.FilterSet):
    """`q` looks in names and addresses."""

    q = filters.CharFilter()
    role = filters.ChoiceFilter(choices=Role.choices)
    state = filters.ChoiceFilter(choices=STATES)

    class Meta:
        model = Membership
        fields = ("q", "role", "state")

    def filter_queryset(self, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        values = self.form.cleaned_data
        return people_queries.people(values["q"], values["role"], values["state"])


class Members(AgencyApiView):
    """Everybody who has or had access to the agency, the latest first."""

    requires = {"get": Permission.VIEW_PEOPLE}
    serializer_class = AgencyMemberSerializer
    filterset_class = MemberFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at",)

    def rows(self) -> QuerySet[Membership]:
        return people_queries.people()

    @extend_schema(operation_id="members_list", tags=["people"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class OneMember(AgencyApiView):
    """One person of the agency."""

    requires = {"get": Permission.VIEW_PEOPLE}
    serializer_class = AgencyMemberSerializer

    @extend_schema(operation_id="members_get", tags=["people"])
    def get(self, request: Request, pk: int) -> Response:
        return self.told(get_object_or_404(people_queries.people(), pk=pk))
