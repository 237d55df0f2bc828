"""Who belongs to a case, for programs: its members, who could be one, and its owner."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Membership
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches import queries
from searches.access import case_for
from searches.api.cases import CaseSerializer
from searches.case_page import member_row, memberships, people_of
from searches.models import Case, CaseMember
from searches.services.case_people import add_member, change_owner, end_member
from searches.services.membership import require_manager

EXAMPLE = OpenApiExample("A person by their number", {"person": 17}, request_only=True)
LARGEST = 2**63 - 1


class MemberSerializer(SparseSerializer):
    """`has_access` is false for a member who does not reach cases at present."""

    id = serializers.UUIDField(source="member.pk")
    person = serializers.IntegerField(source="member.user_id")
    email = serializers.CharField(source="member.label")
    name = serializers.CharField()
    has_access = serializers.BooleanField()
    is_owner = serializers.BooleanField()
    added_by = serializers.CharField(source="member.added_by_label")
    added_at = serializers.DateTimeField(source="member.added_at")
    ended_at = serializers.DateTimeField(source="member.ended_at", allow_null=True)


class PersonSerializer(SparseSerializer):
    """Somebody who could be added; `person` is their number."""

    person = serializers.IntegerField(source="user_id")
    email = serializers.CharField(source="user.email")
    name = serializers.CharField(source="user.name")


class ChosenPersonSerializer(serializers.Serializer[Any]):
    person = serializers.IntegerField(min_value=1, max_value=LARGEST)


class CasePeopleView(AgencyApiView):
    """Base of the addresses of a case's members."""

    requires = {"get": Permission.VIEW_CASES, "post": Permission.VIEW_CASES}
    serializer_class: type[SparseSerializer] = MemberSerializer

    def managed(self, pk: UUID) -> Case:
        """A case whose members the token's owner decides about."""
        case = case_for(self.actor, pk)
        require_manager(self.actor, case)
        return case

    def member_told(self, case: Case, member: CaseMember, status: int = 200) -> Response:
        found = memberships({member.user_id}).get(member.user_id)
        return self.told(member_row(case, member, found), status)


class CaseMembers(CasePeopleView):
    """The members of a case, who were there first coming first; the look is recorded."""

    ordering = ("added_at", "pk")
    ordering_fields = ("added_at",)
    case: Case

    def paginate_queryset(self, queryset: Any) -> Any:
        page: Any = super().paginate_queryset(queryset)
        found = memberships({row.user_id for row in page})
        return [member_row(self.case, row, found.get(row.user_id)) for row in page]

    @extend_schema(operation_id="case_members_list", tags=["cases"])
    def get(self, request: Request, pk: UUID) -> Response:
        self.case = case_for(self.actor, pk)
        record(self.actor, Action.CASE_VIEWED, self.case)
        return self.listed(self.case.members.filter(ended_at=None))

    @extend_schema(
        operation_id="case_members_add",
        tags=["cases"],
        request=ChosenPersonSerializer,
        responses={201: MemberSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Let a person see the case and work on it: its owner and supervisors may."""
        case = self.managed(pk)
        chosen = self.asked(ChosenPersonSerializer)["person"]
        member = add_member(actor=self.actor, case=case, user_id=chosen)
        return self.member_told(case, member, 201)


class CaseMemberEnd(CasePeopleView):
    """Takes a case out of a member's sight; who was one and when stays on record."""

    @extend_schema(
        operation_id="case_members_end", tags=["cases"], request=None, responses=MemberSerializer
    )
    def post(self, request: Request, pk: UUID, member: UUID) -> Response:
        case = self.managed(pk)
        row = get_object_or_404(CaseMember, case=case, pk=member, ended_at=None)
        return self.member_told(case, end_member(actor=self.actor, member=row))


class CasePeople(CasePeopleView):
    """Who could be added to the case, for its owner and supervisors."""

    requires = {"get": Permission.VIEW_CASES}
    serializer_class = PersonSerializer
    ordering = ("created_at", "pk")
    ordering_fields = ("created_at",)

    @extend_schema(operation_id="case_people_list", tags=["cases"])
    def get(self, request: Request, pk: UUID) -> Response:
        others = people_of(self.managed(pk), self.actor).others
        rows = Membership.objects.filter(pk__in=[one.pk for one in others])
        return self.listed(rows.select_related("user"))


class CaseOwner(CasePeopleView):
    """Makes another person answer for the case; the one before stays a member."""

    requires = {"post": Permission.VIEW_CASES}
    serializer_class = CaseSerializer

    def rows(self) -> QuerySet[Case]:
        return queries.cases(self.actor)

    @extend_schema(
        operation_id="cases_owner",
        tags=["cases"],
        request=ChosenPersonSerializer,
        responses=CaseSerializer,
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        case = self.managed(pk)
        chosen = self.asked(ChosenPersonSerializer)["person"]
        change_owner(actor=self.actor, case=case, user_id=chosen)
        return self.told(self.rows().get(pk=pk))
