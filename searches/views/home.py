"""The first page after log-in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.certificates import today_in
from accounts.home import Here
from accounts.home_page import parts_for
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from accounts.usage import allowance

# Whoever may use up a limit sees what is left; whoever can ask for more is warned as well.
CONCERNED = (Permission.SEARCH, Permission.ENROL, Permission.VIEW_USAGE)


@require_safe
def home(request: AgencyRequest) -> HttpResponse:
    """What each of the person's roles has to act on; nothing of it is recorded."""
    actor = request.actor
    concerned = any(actor.can(right) for right in CONCERNED)
    allowed = allowance(actor.agency) if concerned else None
    here = Here(actor, request.agency, today_in(request.agency), allowed)
    context = {"parts": parts_for(here), "allowance": allowed}
    return render(request, "searches/home.html", context)
