"""Where one is logged in."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.devices import in_words
from accounts.http import AgencyRequest
from accounts.services.user_sessions import end_sessions, row_of, sessions_of


@require_safe
def session_list(request: AgencyRequest) -> HttpResponse:
    here = row_of(request)
    rows = [
        {"session": row, "device": in_words(row.user_agent), "here": row.pk == here}
        for row in sessions_of(request.user)
    ]
    rows.sort(key=lambda row: not row["here"])
    return render(request, "accounts/session_list.html", {"rows": rows})


@require_POST
def session_end(request: AgencyRequest, pk: int) -> HttpResponse:
    """End one session; another person's does not exist."""
    if not end_sessions(actor=request.actor, user=request.user, chosen=Q(pk=pk)):
        raise Http404
    if pk == row_of(request):
        return redirect("account_login")
    messages.success(request, _("The session was ended."))
    return redirect("sessions")


@require_POST
def sessions_end_others(request: AgencyRequest) -> HttpResponse:
    others = ~Q(pk=row_of(request))
    end_sessions(actor=request.actor, user=request.user, chosen=others)
    messages.success(request, _("All other sessions were ended."))
    return redirect("sessions")
