"""Requests of people about their own data: the queue, and one with what was written.

They are answered in the browser.
"""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from oversight.models import SubjectRequest
from oversight.models.request_words import (
    Channel,
    LetterAbout,
    NoteKind,
    RequestKind,
    RequestOutcome,
    RequestState,
)
from oversight.request_queries import VIEWS, found_requests, page_facts, rows_of
from oversight.views.requests import request_for
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.sealed import texts_in, texts_of

TEXTS = ("other_names", "born", "address", "occasion", "about", "extension", "told", "inside")


class RequestSerializer(SparseSerializer):
    """A request in the queue; `days_left` is negative when the answer is overdue."""

    id = serializers.UUIDField(source="asked.pk")
    number = serializers.CharField(source="asked.number")
    name = serializers.CharField()
    asks_for = serializers.ChoiceField(source="asked.kind", choices=RequestKind.choices)
    stage = serializers.ChoiceField(source="asked.state", choices=RequestState.choices)
    channel = serializers.ChoiceField(source="asked.channel", choices=Channel.choices)
    received_at = serializers.DateTimeField(source="asked.received_at")
    due_on = serializers.DateField(source="asked.due_on")
    days_left = serializers.IntegerField()
    handled_by = serializers.CharField(source="asked.owner_label")


class RequestNoteSerializer(serializers.Serializer[Any]):
    note_kind = serializers.ChoiceField(choices=NoteKind.choices)
    by = serializers.CharField()
    at = serializers.DateTimeField()
    text = serializers.CharField()


class RequestSubjectSerializer(serializers.Serializer[Any]):
    subject = serializers.UUIDField()
    gallery = serializers.UUIDField()
    reference = serializers.CharField()


class RequestLetterSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    letter_about = serializers.ChoiceField(source="about", choices=LetterAbout.choices)
    language = serializers.CharField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(source="made_by_label")


class WholeRequestSerializer(RequestSerializer):
    """All that the request's page shows; texts are what the person and the agency wrote."""

    for_another = serializers.BooleanField(source="asked.for_another")
    reach = serializers.CharField(source="asked.reach")
    mail_confirmed = serializers.BooleanField()
    extended_at = serializers.DateTimeField(source="asked.extended_at", allow_null=True)
    identity_method = serializers.CharField(source="asked.identity_method")
    identity_at = serializers.DateTimeField(source="asked.identity_at", allow_null=True)
    identity_by = serializers.CharField(source="asked.identity_by_label")
    outcome_of_request = serializers.ChoiceField(
        source="asked.outcome", choices=RequestOutcome.choices, allow_blank=True
    )
    ground = serializers.CharField(source="asked.ground")
    withheld = serializers.CharField(source="asked.withheld")
    withheld_ground = serializers.CharField(source="asked.withheld_ground")
    decided_at = serializers.DateTimeField(source="asked.decided_at", allow_null=True)
    decided_by = serializers.CharField(source="asked.decided_by_label")
    erase_by = serializers.DateField(source="asked.erase_by", allow_null=True)
    erased_at = serializers.DateTimeField(source="asked.erased_at", allow_null=True)
    sent_at = serializers.DateTimeField(source="asked.sent_at", allow_null=True)
    sent_how = serializers.CharField(source="asked.sent_how")
    repeats = serializers.UUIDField(source="asked.duplicate_of", allow_null=True)
    repeated_by = serializers.ListField(child=serializers.UUIDField())
    texts = serializers.DictField(child=serializers.CharField())
    notes = RequestNoteSerializer(many=True)
    subjects = RequestSubjectSerializer(many=True)
    letters = RequestLetterSerializer(many=True)


class RequestFilter(filters.FilterSet):
    """`show`: open (unless said otherwise), overdue, erase (to be erased) or closed."""

    show = filters.ChoiceFilter(choices=[(name, name) for name in VIEWS])

    class Meta:
        model = SubjectRequest
        fields = ("show",)

    def filter_queryset(self, queryset: QuerySet[SubjectRequest]) -> QuerySet[SubjectRequest]:
        agency = self.request._request.agency
        return found_requests(agency, self.form.cleaned_data["show"] or "open")


class Requests(AgencyApiView):
    """The queue, the next to be answered first; that it was listed is recorded."""

    requires = {"get": Permission.HANDLE_REQUESTS}
    serializer_class = RequestSerializer
    filterset_class = RequestFilter
    ordering = ("due_on", "pk")
    ordering_fields = ("due_on", "received_at", "state_since")

    def get_queryset(self) -> QuerySet[SubjectRequest]:
        return SubjectRequest.objects.all()

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        """Names are unsealed together."""
        return rows_of(self.agency, list(super().paginate_queryset(queryset) or []))

    @extend_schema(operation_id="requests_list", tags=["requests"])
    def get(self, request: Request) -> Response:
        response = self.listed(self.get_queryset())
        count = len(response.data["results"])
        record(self.actor, Action.REQUESTS_LISTED, None, {"rows": count})
        return response


class OneRequest(AgencyApiView):
    """One request; that it was looked at is recorded."""

    requires = {"get": Permission.HANDLE_REQUESTS}
    serializer_class = WholeRequestSerializer

    @extend_schema(operation_id="requests_get", tags=["requests"])
    def get(self, request: Request, pk: UUID) -> Response:
        found = request_for(pk)
        record(self.actor, Action.REQUEST_VIEWED, found)
        facts = page_facts(self.agency, found)
        row = facts["row"]
        answer = facts | {
            "name": row.name,
            "days_left": row.days_left,
            "repeated_by": [one.pk for one in facts["duplicates"]],
            "texts": _texts(found),
            "notes": _notes(list(facts["notes"])),
            "subjects": _subjects([one for one, _ in facts["subjects"]]),
        }
        return self.told(answer)


def _texts(found: SubjectRequest) -> dict[str, str]:
    columns = [f"{name}_sealed" for name in TEXTS]
    return dict(zip(TEXTS, texts_in(found, columns), strict=True))


def _notes(notes: list[Any]) -> list[dict[str, Any]]:
    return [
        {"note_kind": one.kind, "by": one.author_label, "at": one.written_at, "text": text}
        for one, text in zip(notes, texts_of(notes, "text_sealed"), strict=True)
    ]


def _subjects(chosen: list[Any]) -> list[dict[str, Any]]:
    return [
        {"subject": one.subject_id, "gallery": one.gallery_id, "reference": reference}
        for one, reference in zip(chosen, texts_of(chosen, "reference_sealed"), strict=True)
    ]
