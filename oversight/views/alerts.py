"""Alerts: the list, one of them with what it rests on, and how useful the rules are."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from oversight import alert_queries
from oversight.alert_page import context_of, rows_of
from oversight.alert_statistics import ENOUGH, figures_for
from oversight.misuse.registry import RULES
from oversight.models import AlertDisposition
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of


@require_safe
@needs(Permission.HANDLE_ALERTS)
def alert_list(request: AgencyRequest) -> HttpResponse:
    state = _one_of(request.GET.get("state", ""), alert_queries.STATES) or alert_queries.OPEN
    rule = _one_of(request.GET.get("rule", ""), tuple(RULES))
    decision = _one_of(request.GET.get("decision", ""), tuple(AlertDisposition.values))
    found = alert_queries.listed(request.actor, state, rule=rule, decision=decision)
    page = page_of(request, found)
    record(request.actor, Action.ALERTS_LISTED, None, {"state": state})
    context = {
        "page": page,
        "rows": rows_of(list(page)),
        "state": state,
        "rule": rule,
        "decision": decision,
        "rules": RULES.values(),
        "decisions": AlertDisposition.choices,
    }
    return render(request, "oversight/alerts/list.html", context)


def _one_of(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else ""


@require_safe
@needs(Permission.HANDLE_ALERTS)
def alert_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    alert = alert_queries.alert_for(request.actor, pk)
    record(request.actor, Action.ALERT_VIEWED, alert, {"rule": alert.rule})
    return render(request, "oversight/alerts/detail.html", context_of(request.actor, alert))


@require_safe
@needs(Permission.HANDLE_ALERTS)
def alert_statistics(request: AgencyRequest) -> HttpResponse:
    """Counts alone; alerts that concern the person who looks are not among them."""
    context = {"figures": figures_for(request.actor), "enough": ENOUGH}
    return render(request, "oversight/alerts/statistics.html", context)
