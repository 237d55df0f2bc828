"""The first page of oversight."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from oversight.hub import cards_for, warnings_for


@require_safe
def oversight(request: AgencyRequest) -> HttpResponse:
    cards = cards_for(request.actor)
    if not cards:
        raise PermissionDenied("oversight")
    context = {"cards": cards, "warnings": warnings_for(request.actor)}
    return render(request, "oversight/hub.html", context)
