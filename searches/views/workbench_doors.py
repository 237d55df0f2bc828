"""How the views of the workbench come to their examination, and what is shown when they may not."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounts.http import AgencyRequest
from searches.faults import Fault
from searches.models import Examination
from searches.workbench_access import examination_for

P = ParamSpec("P")
View = Callable[Concatenate[AgencyRequest, Examination, P], HttpResponse]
# The address brings the id by its name.
Door = Callable[..., HttpResponse]

# Status and heading of what cannot be shown; the fault brings the words.
CLOSED = {
    "results_locked": (403, _("The results are locked")),
    "examination_erased": (410, _("The content was erased")),
    "examination_closed": (410, _("The examination was given back")),
}


def own_examination(view: View[P]) -> Door:
    """Hand the view the person's own examination instead of an id."""

    @wraps(view)
    def answer(request: AgencyRequest, pk: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            examination = examination_for(request.actor, pk)
        except Fault as fault:
            return _closed(request, fault)
        return view(request, examination, *args, **kwargs)

    return answer


def _closed(request: AgencyRequest, fault: Fault) -> HttpResponse:
    status, heading = CLOSED[fault.code]
    context = {"fault": fault, "heading": heading, "work": work_address()}
    return render(request, "searches/workbench/closed.html", context, status=status)


def work_address() -> str:
    """Where a person finds what there is to do."""
    try:
        return reverse("work")
    except NoReverseMatch:
        return reverse("home")
