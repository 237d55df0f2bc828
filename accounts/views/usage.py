"""What of the license is used: for admins, supervisors and auditors of the agency."""

import csv
import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.forecasts import forecast, spans, used_in_term
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.licensing import local_day
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.usage import allowance
from accounts.usage_chart import chart_of_days, chart_of_months, chart_of_span, span_in_words
from accounts.usage_queries import export_rows, searches_by_day, searches_by_month
from portal.audit.actions import Action
from portal.audit.recorder import record

MONTH = re.compile(r"^(20\d\d)-(0[1-9]|1[0-2])$")


@require_safe
@needs(Permission.VIEW_USAGE)
def usage(request: AgencyRequest) -> HttpResponse:
    now, zone = timezone.now(), request.agency.time_zone
    allowed = allowance(request.actor.agency, now)
    first, last = month_span(request.GET.get("month", ""), local_day(now, zone))
    days = searches_by_day(first, last, zone)
    months = searches_by_month()
    context = {
        "allowance": allowed,
        "first": first,
        "days": chart_of_days(days) if any(day.total for day in days) else None,
        "months": chart_of_months(months, first, local_day(now, zone)) if months else None,
    }
    if allowed.terms is not None and allowed.term is not None:
        context["forecast"] = found = forecast(allowed.terms, used_in_term(allowed), now)
        context["outlooks"] = [
            (span_in_words(span), chart_of_span(name, span))
            for name, span in spans(allowed, found, now).items()
        ]
    return render(request, "accounts/usage.html", context)


def month_span(month: str, today: date) -> tuple[date, date]:
    """First and last day of the month asked for; of this month when that is none."""
    found = MONTH.match(month)
    year, number = (int(found[1]), int(found[2])) if found else (today.year, today.month)
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


class _Echo:
    """Where csv writes: the line comes back instead of being kept."""

    def write(self, line: str) -> str:
        return line


@require_safe
@needs(Permission.VIEW_USAGE)
def usage_export(request: AgencyRequest) -> StreamingHttpResponse:
    """The ledger as CSV, sent while it is read."""
    return ledger_file(request.actor, request.agency)


def ledger_file(actor: Actor, agency: Agency) -> StreamingHttpResponse:
    """The answer with the ledger; that it leaves the portal is recorded."""
    record(actor, Action.USAGE_EXPORTED)
    lines = _lines(actor.agency)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    today = local_day(timezone.now(), agency.time_zone)
    name = f"usage-{agency.slug}-{today.isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(agency_id: int) -> Iterator[str]:
    writer = csv.writer(_Echo())
    for row in export_rows(agency_id):
        yield writer.writerow(row)
