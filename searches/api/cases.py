"""Cases for programs: the list, a new one, one case, its notes, and what is done to it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.purposes import Purpose
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches import queries
from searches.access import case_for
from searches.case_words import case_words
from searches.models import Case, CaseCategory, CaseStatus
from searches.services.cases import open_case
from searches.views.case_acts import ACTS

EXAMPLE = OpenApiExample(
    "A new case",
    {"number": "2026-0815", "title": "Robbery, Harbour Street", "purpose": "serious_crime"},
    request_only=True,
)


class CaseSerializer(SparseSerializer):
    """A case without its notes; `searches` is how many it has had, `search_cap` how many it may."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    title = serializers.CharField()
    purpose = serializers.ChoiceField(choices=Purpose.choices, allow_blank=True)
    category = serializers.UUIDField(source="category_id", allow_null=True)
    owner = serializers.CharField(source="owner_label")
    status = serializers.ChoiceField(choices=CaseStatus.choices)
    on_hold = serializers.SerializerMethodField()
    searches = serializers.SerializerMethodField()
    search_cap = serializers.IntegerField()
    opened_by = serializers.CharField(source="opened_by_label")
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_on_hold(self, case: Case) -> bool:
        return case.held_at is not None

    def get_searches(self, case: Case) -> int:
        count: int = case.search_count  # type: ignore[attr-defined]
        return count


class NewCaseSerializer(serializers.Serializer[Any]):
    """`purpose`, or a `category` of the agency's list, which has a purpose of its own."""

    number = serializers.CharField(max_length=60)
    title = serializers.CharField(max_length=200)
    purpose = serializers.ChoiceField(choices=Purpose.choices, required=False, default="")
    category = serializers.UUIDField(required=False, allow_null=True, default=None)

    def validate_category(self, pk: UUID | None) -> CaseCategory | None:
        if pk is None:
            return None
        found = CaseCategory.objects.filter(pk=pk).first()
        if found is None:
            raise serializers.ValidationError(_("There is no such category."), "does_not_exist")
        return found


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class CapSerializer(ReasonSerializer):
    cap = serializers.IntegerField(min_value=1)


class CaseFilter(filters.FilterSet):
    """`number` is a whole one; `q` also looks in numbers and titles of the newest 2,000 cases."""

    status = filters.ChoiceFilter(choices=CaseStatus.choices)
    purpose = filters.ChoiceFilter(choices=Purpose.choices)
    number = filters.CharFilter()
    q = filters.CharFilter(method="look_in_words")

    class Meta:
        model = Case
        fields = ("status", "purpose", "number")

    def look_in_words(self, rows: QuerySet[Case], name: str, text: str) -> QuerySet[Case]:
        return rows.filter(case_words(rows, text))


class Cases(AgencyApiView):
    """The cases that the token's owner may see, newest first."""

    requires = {"get": Permission.VIEW_CASES, "post": Permission.OPEN_CASE}
    serializer_class = CaseSerializer
    filterset_class = CaseFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at",)

    def rows(self) -> QuerySet[Case]:
        return queries.cases(self.actor)

    @extend_schema(operation_id="cases_list", tags=["cases"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="cases_open",
        tags=["cases"],
        request=NewCaseSerializer,
        responses={201: CaseSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Open a case. The token's owner becomes its owner."""
        case = open_case(actor=self.actor, **self.asked(NewCaseSerializer))
        found = self.rows().get(pk=case.pk)
        return self.told(found, 201, location=reverse("api_case", args=[case.pk]))


class OneCase(AgencyApiView):
    """One case; that it was looked at is recorded."""

    requires = {"get": Permission.VIEW_CASES}
    serializer_class = CaseSerializer

    @extend_schema(operation_id="cases_get", tags=["cases"])
    def get(self, request: Request, pk: UUID) -> Response:
        case = case_for(self.actor, pk)
        record(self.actor, Action.CASE_VIEWED, case)
        return self.told(queries.cases(self.actor).get(pk=case.pk))


class CaseAct(AgencyApiView):
    """What is done to a case for a reason, as on its page."""

    requires = {"post": Permission.VIEW_CASES}
    serializer_class = CaseSerializer
    act = ""

    def post(self, request: Request, pk: UUID) -> Response:
        case, chosen = case_for(self.actor, pk), ACTS[self.act]
        chosen.require(self.actor, case)
        said = self.asked(CapSerializer if self.act == "cap" else ReasonSerializer)
        chosen.do(actor=self.actor, case=case, **said)
        return self.told(queries.cases(self.actor).get(pk=pk))


def act_view(act: str) -> Any:
    """The view of one act, described apart."""
    said = CapSerializer if act == "cap" else ReasonSerializer
    schema = extend_schema(
        operation_id=f"cases_{act}",
        tags=["cases"],
        summary=str(ACTS[act].title),
        description=str(ACTS[act].explanation),
        request=said,
        responses=CaseSerializer,
    )
    kind: Any = type(f"CaseAct_{act}", (CaseAct,), {"act": act, "__module__": __name__})
    return extend_schema_view(post=schema)(kind).as_view()
