"""Searches for programs: the list, a new one, one search, and its changes as they happen."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_view,
)
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.purposes import Purpose
from accounts.rest.event_stream import WISH, EventsView, stream_schema
from accounts.rest.views import AgencyApiView
from accounts.rest.waiting import State, Watched, answered_late
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches import queries
from searches.access import probe_for, search_for
from searches.api.search_fields import OneSearchSerializer, SearchSerializer
from searches.api.submitting import (
    EXAMPLE,
    NewSearchSerializer,
    chosen_galleries,
    grounds_from,
)
from searches.case_words import search_words
from searches.models import Basis, JobState, Outcome, Search, Stage
from searches.models.stage import ENDED
from searches.services.searching import submit_search

TOLD = ("id", "state", "stage", "stage_since", "due_at", "failure_code", "finished_at")


class SearchFilter(filters.FilterSet):
    """`q` looks in numbers and titles of cases; `outcome` leaves out locked results."""

    case = filters.UUIDFilter(field_name="case_id")
    probe = filters.UUIDFilter(field_name="probe_id")
    state = filters.ChoiceFilter(choices=JobState.choices)
    stage = filters.ChoiceFilter(choices=Stage.choices)
    purpose = filters.ChoiceFilter(choices=Purpose.choices)
    basis = filters.ChoiceFilter(choices=Basis.choices)
    outcome = filters.ChoiceFilter(choices=Outcome.choices, method="with_outcome")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    q = filters.CharFilter(method="look_in_words")

    class Meta:
        model = Search
        fields = ("state", "stage", "purpose", "basis")

    def with_outcome(self, rows: QuerySet[Search], name: str, outcome: str) -> QuerySet[Search]:
        told: dict[str, Any] = {"outcome": outcome, "is_locked": False}  # of queries.searches
        return rows.filter(**told, stage=Stage.CONCLUDED)

    def look_in_words(self, rows: QuerySet[Search], name: str, text: str) -> QuerySet[Search]:
        return rows.filter(search_words(rows, text))


class Searches(AgencyApiView):
    """The searches in the cases that the token's owner may see, newest first."""

    requires = {"get": Permission.VIEW_CASES, "post": Permission.SEARCH}
    parser_classes = [JSONParser, MultiPartParser]
    serializer_class = SearchSerializer
    filterset_class = SearchFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at", "stage_since")

    def rows(self) -> QuerySet[Search]:
        return queries.searches(self.actor)

    @extend_schema(operation_id="searches_list", tags=["searches"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="searches_submit",
        tags=["searches"],
        request=NewSearchSerializer,
        responses={201: SearchSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Ask for one search of one face. It takes one search of the license's quota.

        It is done at once, or waits for another person's authorization, as its grounds and the
        agency's policies demand.
        """
        said = self.asked(NewSearchSerializer)
        probe = probe_for(self.actor, said["probe"])
        galleries, grants = chosen_galleries(self.agency.pk, said)
        search = submit_search(
            actor=self.actor,
            probe=probe,
            face_index=said["face"],
            galleries=galleries,
            grants=grants,
            grounds=grounds_from(said),
            limit=said["limit"],
            submission_key=self.submission_key(),
            seen=said["seen"],
        )
        found = self.rows().get(pk=search.pk)
        return self.told(found, 201, location=reverse("api_search", args=[search.pk]))


def state_of(pk: UUID) -> State:
    """What is told of a search while it is waited for: nothing of content."""
    rows = Search.objects.filter(pk=pk).annotate(results_locked=queries.locked())
    state = rows.values(*TOLD, "results_locked").first()
    if state is None:
        raise Http404
    return dict(state)


def is_over(state: State) -> bool:
    return state["stage"] in ENDED


def _admit(pk: UUID, actor: Actor) -> None:
    actor.require(Permission.VIEW_CANDIDATES)
    search_for(actor, pk)


def watched(pk: UUID) -> Watched:
    return Watched(partial(state_of, pk), is_over, partial(_admit, pk))


class OneSearch(AgencyApiView):
    """One search: its grounds, where it stands and what happened to it; that is recorded.

    What it brought is at `candidates/` and `conclusion/`, once it is concluded.
    """

    requires = {"get": Permission.VIEW_CANDIDATES}
    serializer_class = OneSearchSerializer

    @extend_schema(operation_id="searches_get", tags=["searches"], parameters=[WISH])
    def get(self, request: Request, pk: UUID) -> Response:
        search = search_for(self.actor, pk)
        response = answered_late(self, watched(pk), lambda: self._shown(pk))
        record(self.actor, Action.SEARCH_VIEWED, search, {"case": str(search.case_id)})
        return response

    def _shown(self, pk: UUID) -> Response:
        search = queries.searches(self.actor).get(pk=pk)
        prefetch_related_objects([search], "examinations", "authorizations")
        return self.told(search)


@extend_schema_view(get=stream_schema("searches_events", "searches"))
class SearchEvents(EventsView):
    """Changes of state and stage as server-sent events, until the search is at its end.

    The stream ends earlier when the token does, and after a minute (CANDOR_API_STREAM_SECONDS);
    the program then asks again. 204: it has all that there will be.
    """

    requires = {"get": Permission.VIEW_CANDIDATES}

    def watched(self, pk: UUID) -> Watched:
        return watched(pk)
