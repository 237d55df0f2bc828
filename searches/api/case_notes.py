"""Notes of a case for programs: read and added, never changed."""

from typing import Any
from uuid import UUID

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import case_for
from searches.case_page import note_rows
from searches.models import CaseNote, NoteKind
from searches.services.case_notes import MAX_NOTE, add_note

EXAMPLE = OpenApiExample("A note", {"text": "The witness was heard again."}, request_only=True)


class NoteSerializer(SparseSerializer):
    """A note, or the reason of what was done to the case, as `kind` says."""

    id = serializers.UUIDField(source="note.pk")
    kind = serializers.ChoiceField(source="note.kind", choices=NoteKind.choices)
    text = serializers.CharField()
    author = serializers.CharField(source="note.author_label")
    written_at = serializers.DateTimeField(source="note.written_at")


class NewNoteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=MAX_NOTE)


class NoteFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=NoteKind.choices)

    class Meta:
        model = CaseNote
        fields = ("kind",)


class CaseNotes(AgencyApiView):
    """The notes of a case, newest first; that the case was looked at is recorded."""

    requires = {"get": Permission.VIEW_CASES, "post": Permission.WORK_ON_CASES}
    serializer_class = NoteSerializer
    filterset_class = NoteFilter
    ordering = ("-written_at", "-pk")
    ordering_fields = ("written_at",)

    def paginate_queryset(self, queryset: Any) -> Any:
        """The notes of a page with their texts, unsealed at one go."""
        page: Any = super().paginate_queryset(queryset)
        return [{"note": note, "text": text} for note, text in note_rows(page)]

    @extend_schema(operation_id="case_notes_list", tags=["cases"])
    def get(self, request: Request, pk: UUID) -> Response:
        case = case_for(self.actor, pk)
        record(self.actor, Action.CASE_VIEWED, case)
        return self.listed(case.notes.all())

    @extend_schema(
        operation_id="case_notes_add",
        tags=["cases"],
        request=NewNoteSerializer,
        responses={201: NoteSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Add a note, as a member of the case."""
        case = case_for(self.actor, pk)
        note = add_note(actor=self.actor, case=case, **self.asked(NewNoteSerializer))
        return self.told({"note": note, "text": note.text}, 201)
