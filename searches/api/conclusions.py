"""What a concluded search brought, for programs: nothing of it is told before, or while locked."""

from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.rest.problems import MEDIA_TYPE, Problem
from accounts.rest.schema import problem
from accounts.rest.views import AgencyApiView
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import search_for
from searches.api.result_fields import (
    CandidatesSerializer,
    ConclusionSerializer,
    FollowUpSerializer,
)
from searches.documents.dossier import require_documents
from searches.faults import Fault
from searches.models import FollowUpOutcome, Search
from searches.result_page import result_of
from searches.services.concluding import report_follow_up
from searches.services.grounds import MAX_WORDS
from searches.statements import CONCLUSION_STATEMENT

NOT_TOLD = {(409, MEDIA_TYPE): problem("Not concluded yet, locked, or erased; `code` says which")}
EXAMPLE = OpenApiExample(
    "What other evidence says",
    {"outcome": "confirmed", "note": "A witness knows the person"},
    request_only=True,
)


def concluded_search(actor: Actor, pk: UUID) -> Search:
    """A search whose result may be shown; that it was looked at is recorded. Raises Problem."""
    search = search_for(actor, pk)
    try:
        require_documents(search)
    except Fault as fault:
        raise Problem(409, fault) from fault
    prefetch_related_objects([search], "examinations")
    record(actor, Action.CANDIDATES_VIEWED, search, {"case": str(search.case_id)})
    return search


class NewFollowUpSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=FollowUpOutcome.choices)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=MAX_WORDS)


class Conclusion(AgencyApiView):
    """What the examinations came to, who did them, and what was reported of it later."""

    requires = {"get": Permission.VIEW_CANDIDATES}
    serializer_class = ConclusionSerializer

    @extend_schema(
        operation_id="conclusion_get",
        tags=["conclusions"],
        responses={200: ConclusionSerializer, **NOT_TOLD},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(result_of(concluded_search(self.actor, pk)))


class Candidates(AgencyApiView):
    """The candidates of a concluded search, with similarities and what everybody decided."""

    requires = {"get": Permission.VIEW_CANDIDATES}
    serializer_class = CandidatesSerializer

    @extend_schema(
        operation_id="candidates_get",
        tags=["conclusions"],
        responses={200: CandidatesSerializer, **NOT_TOLD},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        search = concluded_search(self.actor, pk)
        result = result_of(search)
        context = {**self.get_serializer_context(), "threshold": search.published_threshold}
        told = {
            "scale": search.scale,
            "thresholds": result.thresholds,
            "statement": str(CONCLUSION_STATEMENT),
            "results": [*result.above, *result.below],
        }
        return Response(CandidatesSerializer(told, context=context).data)


class FollowUps(AgencyApiView):
    """Report what other evidence made of a concluded search; all reports are kept."""

    requires = {"post": Permission.VIEW_CANDIDATES}
    serializer_class = FollowUpSerializer

    @extend_schema(
        operation_id="conclusion_follow_up",
        tags=["conclusions"],
        request=NewFollowUpSerializer,
        responses={201: FollowUpSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        search, said = search_for(self.actor, pk), self.asked(NewFollowUpSerializer)
        return self.told(report_follow_up(actor=self.actor, search=search, **said), 201)
