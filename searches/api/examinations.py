"""Examinations for programs of examiners: as on the workbench, for the same people."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.problems import MEDIA_TYPE, Problem
from accounts.rest.schema import problem
from accounts.rest.views import AgencyApiView
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches import work
from searches.api.examination_fields import (
    ExaminationFaceSerializer,
    ExaminationSerializer,
    FaceDecisionSerializer,
    face_of,
)
from searches.faults import Fault
from searches.models import Examination, ExaminationState, Search
from searches.services.examining import (
    decide,
    return_examination,
    start_examination,
    submit_examination,
)
from searches.views.workbench_doors import CLOSED
from searches.work_page import short
from searches.workbench_access import (
    EXAMINERS,
    examination_for,
    examination_to_return,
    item_at,
    search_to_examine,
)

GONE = {(410, MEDIA_TYPE): problem("Given back, or erased with the search; `code` says which")}
EXAMPLE = OpenApiExample(
    "A different person",
    {"disposition": "excluded", "features": {"nose": "dissimilar", "ears": "not_visible"}},
    request_only=True,
)


class OwnExaminationSerializer(SparseSerializer):
    """An examination without its faces; `code` tells searches apart and says nothing of them."""

    id = serializers.UUIDField()
    code = serializers.SerializerMethodField()
    round = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ExaminationState.choices)
    started_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(source="search.due_at", allow_null=True)

    def get_code(self, examination: Examination) -> str:
        return short(examination.search)


class RoundToTakeSerializer(SparseSerializer):
    """A round that nobody has taken; nothing is told of it but until when it is due."""

    search = serializers.UUIDField(source="pk")
    code = serializers.SerializerMethodField()
    round = serializers.IntegerField(source="open_round")
    due_at = serializers.DateTimeField(allow_null=True)

    def get_code(self, search: Search) -> str:
        return short(search)


class ExaminerView(AgencyApiView):
    """Base of the views of one's own examination."""

    requires = dict.fromkeys(("get", "post", "put"), EXAMINERS)
    serializer_class: Any = ExaminationSerializer

    def own(self, pk: UUID) -> Examination:
        """The person's own examination. Raises Problem when there is nothing to show of it."""
        try:
            return examination_for(self.actor, pk)
        except Fault as fault:
            raise Problem(CLOSED[fault.code][0], fault) from fault


class Examinations(AgencyApiView):
    """The examinations that the token's owner has taken and not submitted."""

    requires = {"get": EXAMINERS}
    serializer_class = OwnExaminationSerializer
    ordering = ("started_at", "pk")
    ordering_fields = ("started_at",)

    def rows(self) -> QuerySet[Examination]:
        return work.open_examinations(self.actor)

    @extend_schema(operation_id="examinations_list", tags=["examinations"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class Waiting(AgencyApiView):
    """First and second examinations that nobody has taken and the token's owner may take."""

    requires = {"get": Permission.EXAMINE}
    serializer_class = RoundToTakeSerializer
    ordering = ("stage_since", "pk")
    ordering_fields = ("stage_since",)

    def rows(self) -> QuerySet[Search]:
        return work.to_examine(self.actor)

    @extend_schema(operation_id="examinations_waiting", tags=["examinations"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class WaitingAdjudications(Waiting):
    """Adjudications that nobody has taken and the token's owner may take."""

    requires = {"get": Permission.ADJUDICATE}

    def rows(self) -> QuerySet[Search]:
        return work.to_adjudicate(self.actor)

    @extend_schema(operation_id="adjudications_waiting", tags=["examinations"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class Taking(ExaminerView):
    """Take the open round of a search; taken again by the same person, it is the same."""

    serializer_class = OwnExaminationSerializer

    @extend_schema(
        operation_id="examinations_take",
        tags=["examinations"],
        request=None,
        responses={201: OwnExaminationSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Takes the permission `searches.examine`, for an adjudication `searches.adjudicate`."""
        search = search_to_examine(self.actor, pk)
        found = start_examination(actor=self.actor, search=search)
        return self.told(found, 201, location=reverse("api_examination", args=[found.pk]))


class OneExamination(ExaminerView):
    """One's own examination with all its faces; nobody else sees it."""

    @extend_schema(
        operation_id="examinations_get",
        tags=["examinations"],
        responses={200: ExaminationSerializer, **GONE},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """That they were looked at is recorded."""
        examination = self.own(pk)
        facts = {"case": str(examination.search.case_id)}
        record(self.actor, Action.CANDIDATES_VIEWED, examination.search, facts)
        return self.told(examination)


class Face(ExaminerView):
    """One face of one's own open examination, and the decision about it."""

    serializer_class = ExaminationFaceSerializer

    @extend_schema(
        operation_id="examinations_face",
        tags=["examinations"],
        responses={200: ExaminationFaceSerializer, **GONE},
    )
    def get(self, request: Request, pk: UUID, position: int) -> Response:
        """One face of an open examination; 410 also when it is submitted: its faces are with it."""
        examination = self.own(pk)
        if not examination.is_open:
            raise Problem(410, Fault("examination_closed"))
        item = item_at(examination, position)
        facts = {
            "search": str(examination.search_id),
            "case": str(examination.search.case_id),
            "round": examination.round,
            "position": position,
        }
        record(self.actor, Action.FACE_VIEWED, examination, facts)
        return self.told(face_of(examination, item))

    @extend_schema(
        operation_id="examinations_decide",
        tags=["examinations"],
        request=FaceDecisionSerializer,
        responses={200: FaceDecisionSerializer, **GONE},
        examples=[EXAMPLE],
    )
    def put(self, request: Request, pk: UUID, position: int) -> Response:
        """Decide, or decide anew until the examination is submitted."""
        examination = self.own(pk)
        item_at(examination, position)
        said = self.asked(FaceDecisionSerializer)
        item = decide(actor=self.actor, examination=examination, position=position, **said)
        return Response(FaceDecisionSerializer(item).data)


class Submitting(ExaminerView):
    """End an examination in which every face is decided. It does not change any more."""

    serializer_class = OwnExaminationSerializer

    @extend_schema(
        operation_id="examinations_submit",
        tags=["examinations"],
        request=None,
        responses={200: OwnExaminationSerializer, **GONE},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        submit_examination(actor=self.actor, examination=self.own(pk))
        return self.told(self.own(pk))


class Returning(AgencyApiView):
    """Give an open examination back: one's own, or as a supervisor anybody's."""

    requires = {"post": (*EXAMINERS, Permission.AUTHORIZE)}

    @extend_schema(
        operation_id="examinations_return",
        tags=["examinations"],
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """What was decided in it counts for nothing."""
        examination = examination_to_return(self.actor, pk)
        return_examination(actor=self.actor, examination=examination)
        return Response(None, 204)
