"""Authorizations for programs: what waits for a decision, all that it is about, the decision."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.purposes import Purpose
from accounts.rest.fields import SparseSerializer
from accounts.rest.problems import MEDIA_TYPE, Problem
from accounts.rest.schema import problem
from accounts.rest.views import AgencyApiView
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches import queries, work
from searches.access import search_for
from searches.api.search_fields import GroundsSerializer, SearchSerializer, grounds_told
from searches.authorization_page import previous_of
from searches.faults import Fault
from searches.models import Basis, Search
from searches.services.authorizing import authorize_search, awaits_decision, refuse_search
from searches.services.grounds import MAX_WORDS

PARTS = {work.BEFORE: "before", work.URGENT: "urgent", work.LOCKED: "locked"}
EXAMPLE = OpenApiExample(
    "A decision", {"reason": "The facts tie the person to the case"}, request_only=True
)


class WaitingSerializer(SparseSerializer):
    """A search that waits for a decision; `part`: before it is done, urgent, or locked."""

    id = serializers.UUIDField()
    case = serializers.UUIDField(source="case_id")
    case_number = serializers.CharField(source="case.number")
    purpose = serializers.ChoiceField(choices=Purpose.choices, allow_blank=True)
    basis = serializers.ChoiceField(choices=Basis.choices, allow_blank=True)
    requested_by = serializers.CharField(source="requested_by_label")
    is_own = serializers.SerializerMethodField()
    part = serializers.SerializerMethodField()
    deadline = serializers.DateTimeField()
    is_overdue = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_is_own(self, search: Search) -> bool:
        return bool(search.requested_by_id == self.context["view"].actor.user_id)

    @extend_schema_field(serializers.ChoiceField(choices=list(PARTS.values())))
    def get_part(self, search: Search) -> str:
        return PARTS[search.part]  # type: ignore[attr-defined]

    def get_is_overdue(self, search: Search) -> bool:
        deadline: datetime = search.deadline  # type: ignore[attr-defined]
        return deadline < timezone.now()


class PreviousSerializer(serializers.Serializer[Any]):
    """What there was before, in numbers."""

    in_case = serializers.IntegerField()
    concluded_in_case = serializers.IntegerField()
    of_requester = serializers.IntegerField()
    concluded_of_requester = serializers.IntegerField()
    refused_of_requester = serializers.IntegerField()


class ToDecideSerializer(SearchSerializer):
    """A search as a supervisor reads it before the decision."""

    grounds = serializers.SerializerMethodField()
    previous = serializers.SerializerMethodField()
    is_own = serializers.SerializerMethodField()

    @extend_schema_field(GroundsSerializer)
    def get_grounds(self, search: Search) -> Any:
        return grounds_told(search)

    @extend_schema_field(PreviousSerializer)
    def get_previous(self, search: Search) -> Any:
        return PreviousSerializer(previous_of(search)).data

    def get_is_own(self, search: Search) -> bool:
        return bool(search.requested_by_id == self.context["view"].actor.user_id)


class NewDecisionSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=MAX_WORDS)


class WaitingFilter(filters.FilterSet):
    case = filters.UUIDFilter(field_name="case_id")
    basis = filters.ChoiceFilter(choices=Basis.choices)

    class Meta:
        model = Search
        fields = ("basis",)


class Authorizations(AgencyApiView):
    """The searches that wait for a decision, the oldest first; nobody decides on their own."""

    requires = {"get": Permission.AUTHORIZE}
    serializer_class = WaitingSerializer
    filterset_class = WaitingFilter
    ordering = ("created_at", "pk")
    ordering_fields = ("created_at",)

    def rows(self) -> QuerySet[Search]:
        return work.authorizations()

    @extend_schema(operation_id="authorizations_list", tags=["authorizations"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class OneAuthorization(AgencyApiView):
    """The decision of another person on one search."""

    requires = {"get": Permission.AUTHORIZE, "post": Permission.AUTHORIZE}
    serializer_class = ToDecideSerializer

    @extend_schema(
        operation_id="authorizations_get",
        tags=["authorizations"],
        responses={
            200: ToDecideSerializer,
            (409, MEDIA_TYPE): problem("The search waits for no decision"),
        },
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """All that the decision is about; that it was looked at is recorded."""
        search = search_for(self.actor, pk)
        if not awaits_decision(search):
            raise Problem(409, Fault("not_awaiting_authorization"))
        record(self.actor, Action.SEARCH_VIEWED, search, {"case": str(search.case_id)})
        return self.told(queries.searches(self.actor).get(pk=pk))

    @extend_schema(
        operation_id="authorizations_approve",
        tags=["authorizations"],
        request=NewDecisionSerializer,
        responses=SearchSerializer,
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Let the search be done, or the results of an urgent one be used."""
        search, said = search_for(self.actor, pk), self.asked(NewDecisionSerializer)
        authorize_search(actor=self.actor, search=search, **said)
        return _decided(self, pk)


class Refusal(AgencyApiView):
    """Refuse a search: what it was made of and what it brought is erased."""

    requires = {"post": Permission.AUTHORIZE}
    serializer_class = SearchSerializer

    @extend_schema(
        operation_id="authorizations_refuse",
        tags=["authorizations"],
        request=NewDecisionSerializer,
        responses=SearchSerializer,
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        search, said = search_for(self.actor, pk), self.asked(NewDecisionSerializer)
        refuse_search(actor=self.actor, search=search, **said)
        return _decided(self, pk)


def _decided(view: AgencyApiView, pk: UUID) -> Response:
    found = queries.searches(view.actor).get(pk=pk)
    return Response(SearchSerializer(found, context=view.get_serializer_context()).data)
