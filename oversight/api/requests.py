"""Requests of people about their own data: the queue, and one with what was written.

They are answered in the browser.
"""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from oversight.api.request_fields import RequestSerializer, WholeRequestSerializer
from oversight.models import SubjectRequest
from oversight.request_queries import VIEWS, found_requests, page_facts, rows_of
from oversight.views.requests import request_for
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.sealed import texts_in, texts_of

TEXTS = ("other_names", "born", "address", "occasion", "about", "extension", "told", "inside")


class RequestFilter(filters.FilterSet):
    """`show`: open (unless said otherwise), overdue, erase (to be erased) or closed."""

    show = filters.ChoiceFilter(choices=[(name, name) for name in VIEWS])

    class Meta:
        model = SubjectRequest
        fields = ("show",)

    def filter_queryset(self, queryset: QuerySet[SubjectRequest]) -> QuerySet[SubjectRequest]:
        request: Any = self.request
        agency = request._request.agency
        return found_requests(agency, self.form.cleaned_data["show"] or "open")


class Requests(AgencyApiView):
    """The queue, the next to be answered first; that it was listed is recorded."""

    requires = {"get": Permission.HANDLE_REQUESTS}
    serializer_class = RequestSerializer
    filterset_class = RequestFilter
    ordering = ("due_on", "pk")
    ordering_fields = ("due_on", "received_at", "state_since")

    def rows(self) -> QuerySet[SubjectRequest]:
        return SubjectRequest.objects.all()

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        """Names are unsealed together."""
        return rows_of(self.agency, list(super().paginate_queryset(queryset) or []))

    @extend_schema(operation_id="requests_list", tags=["requests"])
    def get(self, request: Request) -> Response:
        response = self.listed(self.rows())
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
