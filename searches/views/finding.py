"""The search box of the header, and its page."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from accounts.views.people import asked
from searches.finding import kinds_for, sections_for

MAX_TEXT = 200


@require_safe
def find(request: AgencyRequest) -> HttpResponse:
    """What the lists of this person have of a text; 403 for whom there is no such list."""
    kinds = kinds_for(request.actor)
    if not kinds:
        raise PermissionDenied("find")
    text = asked(request, "q")[:MAX_TEXT]
    context = {"q": text, "kinds": kinds, "sections": sections_for(request.actor, text)}
    return render(request, "searches/find.html", context)
