"""What of the license is used, month by month and day by day, and how it goes on."""

from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.faults import Fault
from accounts.forecasts import Forecast, forecast, used_in_term
from accounts.licensing import local_day
from accounts.models import Kind
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.media import FileNegotiation
from accounts.rest.problems import Problem
from accounts.rest.views import AgencyApiView
from accounts.usage import Allowance, allowance
from accounts.usage_queries import searches_by_day, searches_by_month
from accounts.views.usage import MONTH, ledger_file, month_span


class LimitSerializer(serializers.Serializer[Any]):
    """One limit; `allowed` and `left` are null where there is none."""

    of = serializers.ChoiceField(source="kind", choices=Kind.choices)
    period = serializers.CharField(help_text="A month, `term`, `overage` or `standing`")
    allowed = serializers.IntegerField(allow_null=True)
    used = serializers.IntegerField()
    reserved = serializers.IntegerField()
    left = serializers.IntegerField(allow_null=True)
    percent = serializers.IntegerField()
    warning = serializers.IntegerField(allow_null=True, help_text="The highest percentage passed")


class CountedSerializer(serializers.Serializer[Any]):
    """Searches in a month or on a day, in all and by purpose."""

    of = serializers.CharField(help_text="2026-11, or 2026-11-30")
    searches = serializers.IntegerField()
    by_purpose = serializers.DictField(child=serializers.IntegerField())


class ForecastSerializer(serializers.Serializer[Any]):
    """Searches expected by the end of the term if they go on as in the last days."""

    looked_back = serializers.IntegerField(help_text="days")
    recent = serializers.IntegerField(help_text="searches in those days")
    used = serializers.IntegerField()
    days_left = serializers.IntegerField()
    expected = serializers.IntegerField()


class UsageSerializer(SparseSerializer):
    """`code` is empty while the agency may work, and else says why it may not."""

    code = serializers.CharField()
    limits = LimitSerializer(many=True)
    forecast = ForecastSerializer(allow_null=True)
    months = CountedSerializer(many=True)
    days = CountedSerializer(many=True, help_text="of the month asked for, those with searches")


_MONTH = {"type": "string", "pattern": MONTH.pattern}


class UsageView(AgencyApiView):
    """What of the license is used and left, in the agency's time zone."""

    requires = {"get": Permission.VIEW_USAGE}
    serializer_class = UsageSerializer
    parameters = frozenset({"month"})

    @extend_schema(
        operation_id="usage",
        tags=["license"],
        parameters=[OpenApiParameter("month", _MONTH, description="2026-11; else this month")],
    )
    def get(self, request: Request) -> Response:
        now, zone = timezone.now(), self.agency.time_zone
        month = request.query_params.get("month", "")
        if month and not MONTH.match(month):
            raise Problem(400, Fault("query_invalid"), parameter="month")
        allowed = allowance(self.agency.pk, now)
        days = searches_by_day(*month_span(month, local_day(now, zone)), zone)
        answer = {
            "code": allowed.code,
            "limits": allowed.limits,
            "forecast": _forecast(allowed),
            "months": [_counted(name, by) for name, by in searches_by_month()],
            "days": [_counted(str(day.day), day.by_purpose) for day in days if day.total],
        }
        return self.told(answer)


class UsageExport(AgencyApiView):
    """The whole ledger as CSV, sent while it is read; that it was taken is recorded."""

    requires = {"get": Permission.VIEW_USAGE}
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="usage_export",
        tags=["license"],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return ledger_file(self.actor, self.agency)


def _counted(of: str, by_purpose: dict[str, int]) -> dict[str, Any]:
    return {"of": of, "searches": sum(by_purpose.values()), "by_purpose": by_purpose}


def _forecast(allowed: Allowance) -> Forecast | None:
    if allowed.terms is None or allowed.term is None:
        return None
    return forecast(allowed.terms, used_in_term(allowed), timezone.now())
