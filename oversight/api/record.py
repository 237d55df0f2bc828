"""The record: its entries with the filters of the page, and one of them with all it says.

That it was read is recorded as on the pages. What waits for the sake of blindness is left out
(oversight.blindness), and the list says so.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.middleware import zone_of
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.paging import Pages
from accounts.rest.views import AgencyApiView
from oversight.action_words import words_of
from oversight.blindness import is_blind
from oversight.record_form import FILTERS, RecordForm
from oversight.record_query import chosen_by, entries_for
from oversight.views.record import checkpoint_over, content_of
from portal.audit.actions import Action
from portal.audit.models import AuditEntry, AuditLink
from portal.audit.outcomes import Outcome
from portal.audit.recorder import record


class EntrySerializer(SparseSerializer):
    """Who did what, when and from where; `case` is an id, also of a case that is gone."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    words = serializers.SerializerMethodField()
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_blank=True)
    person = serializers.IntegerField(source="actor_id", allow_null=True)
    by = serializers.CharField(source="actor_label")
    source = serializers.CharField()  # type: ignore[assignment]
    case = serializers.CharField(source="case_id")

    def get_words(self, entry: AuditEntry) -> str:
        return words_of(entry.action)


class LinkSerializer(serializers.Serializer[Any]):
    """The entry's place in the chain; `checkpoint` is the first signed head that covers it."""

    number = serializers.IntegerField()
    digest = serializers.CharField()
    head = serializers.CharField()
    checkpoint = serializers.IntegerField(allow_null=True)


class WholeEntrySerializer(EntrySerializer):
    """`content` is what people wrote: empty for nothing, null when it was erased.

    `content_wrong`: what is stored is not what was recorded. `link` is null for some seconds.
    """

    thing = serializers.CharField(source="subject_type")
    thing_id = serializers.CharField(source="subject_id")
    data = serializers.DictField()  # type: ignore[assignment]
    content = serializers.DictField(child=serializers.CharField(), allow_null=True)
    content_wrong = serializers.BooleanField()
    link = LinkSerializer(source="place", allow_null=True)


class RecordFilter(filters.FilterSet):
    """The filters of the page, and its rules: a RecordForm checks and understands them."""

    q = filters.CharFilter(help_text="A number, or ids, addresses, hashes and codes in full")
    person = filters.CharFilter(help_text="The id of a person, or `system`")
    case = filters.CharFilter(help_text="The id or the number of a case")
    action = filters.ChoiceFilter(choices=[(one.value, one.value) for one in Action])
    outcome = filters.ChoiceFilter(choices=Outcome.choices)
    first = filters.DateFilter(help_text="From this day on, in the time zone of the owner")
    last = filters.DateFilter(help_text="Until this day, which belongs to it")

    class Meta:
        model = AuditEntry
        fields = FILTERS

    def get_form_class(self) -> type[RecordForm]:
        return RecordForm

    def filter_queryset(self, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        request: Any = self.request
        inner = request._request
        with timezone.override(zone_of(inner.token.user, inner.agency)):
            return queryset.filter(chosen_by(self.form.cleaned_data))


class RecordPages(Pages):
    """A page of entries; `blind`: examinations that are not concluded are left out."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        self.blind = is_blind(view.actor)
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        response.data["blind"] = self.blind
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = super().get_paginated_response_schema(schema)
        found["properties"]["blind"] = {"type": "boolean"}
        found["required"] = [*found["required"], "blind"]
        return found


class Entries(AgencyApiView):
    """The entries that the token's owner may see, the latest first; reading them is recorded."""

    requires = {"get": Permission.VIEW_RECORD}
    serializer_class = EntrySerializer
    filterset_class = RecordFilter
    pagination_class = RecordPages
    ordering_fields = ("at",)

    @property
    def ordering(self) -> tuple[str, ...]:
        """A period goes by its index, as on the page."""
        asked = self.request.query_params
        return ("-at", "-pk") if asked.get("first") or asked.get("last") else ("-pk",)

    def rows(self) -> QuerySet[AuditEntry]:
        return entries_for(self.actor)

    @extend_schema(operation_id="record_list", tags=["record"])
    def get(self, request: Request) -> Response:
        response = self.listed(self.rows())
        given = [name for name in FILTERS if request.query_params.get(name)]
        record(self.actor, Action.RECORD_VIEWED, data={"filters": given})
        return response


class OneEntry(AgencyApiView):
    """All of one entry, with what people wrote; that it was read is an entry too."""

    requires = {"get": Permission.VIEW_RECORD}
    serializer_class = WholeEntrySerializer

    @extend_schema(operation_id="record_get", tags=["record"])
    def get(self, request: Request, pk: int) -> Response:
        entry: Any = entries_for(self.actor).filter(pk=pk).first()
        if entry is None:
            raise Http404
        entry.content, entry.content_wrong = content_of(entry)
        facts: dict[str, Any] = {"entry": entry.pk, "content": bool(entry.content)}
        facts |= {"case": entry.case_id} if entry.case_id else {}
        record(self.actor, Action.RECORD_ENTRY_VIEWED, data=facts)
        entry.place = _place_of(entry)
        return self.told(entry)


def _place_of(entry: AuditEntry) -> dict[str, Any] | None:
    """Its link in the chain; an entry of the last seconds has none."""
    link = AuditLink.objects.filter(entry_id=entry.pk, agency_id=entry.agency_id).first()
    if link is None:
        return None
    head = checkpoint_over(link)
    return {
        "number": link.number,
        "digest": link.digest,
        "head": link.head,
        "checkpoint": None if head is None else head.number,
    }
