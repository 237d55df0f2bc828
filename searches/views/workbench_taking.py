"""Taking a round of examination, and giving it back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AgencyRequest
from searches.faults import Fault
from searches.services.examining import return_examination, start_examination
from searches.views.workbench_doors import work_address
from searches.workbench import TITLES
from searches.workbench_access import examination_to_return, search_to_examine


@require_POST
def examination_take(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Take the open round of a search; taken again, it is the same examination."""
    search = search_to_examine(request.actor, pk)
    try:
        examination = start_examination(actor=request.actor, search=search)
    except Fault as fault:
        messages.error(request, fault.message)
        return redirect(work_address())
    return redirect("examination", pk=examination.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def examination_return(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Ask once more, then give the examination back: one's own, or as a supervisor anybody's."""
    examination = examination_to_return(request.actor, pk)
    is_own = examination.examiner_id == request.actor.user_id
    if request.method == "POST":
        try:
            return_examination(actor=request.actor, examination=examination)
            messages.success(request, _("The examination was given back."))
        except Fault as fault:
            messages.error(request, fault.message)
        return redirect(work_address())
    context = {
        "examination": examination,
        "title": TITLES[examination.round],
        "is_own": is_own,
        "work": work_address(),
    }
    return render(request, "searches/workbench/return.html", context)
