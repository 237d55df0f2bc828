"""The weekly review of the record: the weeks, one of them in numbers, and its signature."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from oversight.api.week_pages import WeekPages
from oversight.blindness import is_blind
from oversight.models import Finding
from oversight.services.reviewing import has_other_auditor, sign_week
from oversight.views.reviews import monday_or_404
from oversight.week_summary import summary_of
from oversight.weeks import Week, finished_weeks, running_week, weeks_with_state
from portal.audit.actions import Action
from portal.audit.recorder import record


class WeekSignatureSerializer(serializers.Serializer[Any]):
    """A signature, and the signed head of the record that it binds."""

    signed_by = serializers.CharField(source="signed_by_label")
    signed_at = serializers.DateTimeField()
    finding = serializers.ChoiceField(choices=Finding.choices)
    checkpoint = serializers.IntegerField(source="checkpoint_number")
    head = serializers.CharField(source="checkpoint_head")


class NotedWeekSignatureSerializer(WeekSignatureSerializer):
    note = serializers.CharField()


class WeekSerializer(SparseSerializer):
    """A week from its Monday to its Sunday at the agency; `review` is null until it is signed."""

    first = serializers.DateField()
    last = serializers.DateField()
    overdue_since = serializers.DateField(allow_null=True)
    review = WeekSignatureSerializer(allow_null=True)


class CountedActionSerializer(serializers.Serializer[Any]):
    action = serializers.CharField()
    words = serializers.CharField()
    count = serializers.IntegerField()


class CountedPartSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    count = serializers.IntegerField()
    actions = CountedActionSerializer(many=True)


class CountedPersonSerializer(serializers.Serializer[Any]):
    person = serializers.IntegerField(source="user_id")
    by = serializers.CharField(source="label")
    count = serializers.IntegerField()


class SummarySerializer(serializers.Serializer[Any]):
    """The week in numbers; one's own acts are counted apart, for another auditor to judge."""

    entries = serializers.IntegerField(source="total")
    by_people = serializers.IntegerField()
    off_hours = serializers.IntegerField()
    watched = CountedPartSerializer(many=True)
    groups = CountedPartSerializer(many=True)
    people = CountedPersonSerializer(many=True)
    own = CountedActionSerializer(source="own.actions", many=True)


class OneWeekSerializer(WeekSerializer):
    """`blind`: examinations that are not concluded are not counted."""

    review = NotedWeekSignatureSerializer(allow_null=True)
    is_over = serializers.BooleanField()
    other_auditor = serializers.BooleanField()
    blind = serializers.BooleanField()
    summary = SummarySerializer()


class SignSerializer(serializers.Serializer[Any]):
    """`looked` says that the record of the week was looked through."""

    looked = serializers.BooleanField()
    finding = serializers.ChoiceField(choices=Finding.choices)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=4000)

    def validate_looked(self, looked: bool) -> bool:
        if not looked:
            raise serializers.ValidationError(
                _("Sign only what you have looked through."), "required"
            )
        return looked


class Weeks(AgencyApiView):
    """The weeks of the record that are over, the latest first."""

    requires = {"get": Permission.REVIEW_RECORD}
    serializer_class = WeekSerializer
    parameters = frozenset({"cursor", "page_size"})
    pagination_class = WeekPages
    filter_backends = ()

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        """The weeks of a page, with how each stands."""
        return weeks_with_state(self.agency, super().paginate_queryset(queryset) or [])

    @extend_schema(operation_id="weeks_list", tags=["record"], responses=WeekSerializer(many=True))
    def get(self, request: Request) -> Response:
        mondays: Any = finished_weeks(self.agency)
        return self.listed(mondays)


class OneWeek(AgencyApiView):
    """One week, also the one that runs; that it was looked at is recorded."""

    requires = {"get": Permission.REVIEW_RECORD}
    serializer_class = OneWeekSerializer

    @extend_schema(operation_id="weeks_get", tags=["record"])
    def get(self, request: Request, week: str) -> Response:
        monday = monday_or_404(self.agency, week)
        found = weeks_with_state(self.agency, [monday])[0]
        record(self.actor, Action.RECORD_REVIEW_VIEWED, data={"week": found.name})
        return self.told(self._facts(found, monday))

    def _facts(self, week: Week, monday: date) -> dict[str, Any]:
        return {
            "first": week.first,
            "last": week.last,
            "overdue_since": week.overdue_since,
            "review": week.review,
            "is_over": monday < running_week(self.agency),
            "other_auditor": has_other_auditor(self.actor),
            "blind": is_blind(self.actor),
            "summary": summary_of(self.actor, self.agency, monday),
        }


class WeekSign(AgencyApiView):
    """Sign a week that is over. It cannot be taken back or changed."""

    requires = {"post": Permission.REVIEW_RECORD}
    serializer_class = WeekSerializer

    @extend_schema(
        operation_id="weeks_sign",
        tags=["record"],
        request=SignSerializer,
        examples=[
            OpenApiExample("Signed", {"looked": True, "finding": "nothing"}, request_only=True)
        ],
    )
    def post(self, request: Request, week: str) -> Response:
        monday, said = monday_or_404(self.agency, week), self.asked(SignSerializer)
        finding = Finding(said["finding"])
        sign_week(actor=self.actor, week=monday, finding=finding, note=said["note"])
        return self.told(weeks_with_state(self.agency, [monday])[0])
