"""The first page after log-in."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from accounts.usage import allowance
from searches import queries
from searches.work_page import counts_of

# Whoever may use up a limit sees what is left; whoever can ask for more is warned as well.
CONCERNED = (Permission.SEARCH, Permission.ENROL, Permission.VIEW_USAGE)


@require_safe
def home(request: AgencyRequest) -> HttpResponse:
    context: dict[str, Any] = {"work": counts_of(request.actor)}
    if request.actor.can(Permission.VIEW_CASES):
        context["cases"] = queries.cases(request.actor)[:5]
        context["searches"] = queries.searches(request.actor)[:5]
    if request.actor.can(Permission.VIEW_GALLERIES):
        context["galleries"] = queries.galleries()[:5]
    if any(request.actor.can(right) for right in CONCERNED):
        context["allowance"] = allowance(request.actor.agency)
    return render(request, "searches/home.html", context)
