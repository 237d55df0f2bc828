"""The first page after log-in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.home_page import here_of, parts_for
from accounts.http import AgencyRequest


@require_safe
def home(request: AgencyRequest) -> HttpResponse:
    """What each of the person's roles has to act on; nothing of it is recorded."""
    here = here_of(request.actor, request.agency)
    context = {"parts": parts_for(here), "allowance": here.allowance}
    return render(request, "searches/home.html", context)
