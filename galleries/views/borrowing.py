"""The borrowing agency's pages: galleries that other agencies offer or grant, and the answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.paging import page_of
from searches.access import needs
from searches.faults import Fault
from searches.grant_queries import Grant, borrowed, for_borrower
from searches.services.grant_answers import accept_grant, decline_grant


@require_safe
@needs(Permission.MANAGE_GALLERIES)
def borrowed_galleries(request: AgencyRequest) -> HttpResponse:
    """What other agencies offer and grant to this one."""
    page = page_of(request, borrowed(request.actor.agency))
    context = {"page": page, "grants": for_borrower(page)}
    return render(request, "galleries/sharing/borrowed.html", context)


def _grant_or_404(request: AgencyRequest, pk: UUID) -> Grant:
    (grant,) = for_borrower([get_object_or_404(borrowed(request.actor.agency), pk=pk)])
    return grant


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def grant_accept(request: AgencyRequest, pk: UUID) -> HttpResponse:
    grant = _grant_or_404(request, pk)
    fault = None
    if request.method == "POST":
        try:
            accept_grant(actor=request.actor, pk=pk)
        except Fault as refused:
            fault = refused
        else:
            messages.success(request, _("Accepted. Your analysts can choose the gallery now."))
            return redirect("borrowed_galleries")
    context = {"grant": grant, "fault": fault}
    status = 422 if fault else 200
    return render(request, "galleries/sharing/accept.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def grant_decline(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """No, or no more."""
    grant = _grant_or_404(request, pk)
    fault = None
    if request.method == "POST":
        try:
            decline_grant(actor=request.actor, pk=pk)
        except Fault as refused:
            fault = refused
        else:
            messages.success(request, _("The other agency was told."))
            return redirect("borrowed_galleries")
    context = {"grant": grant, "fault": fault}
    status = 422 if fault else 200
    return render(request, "galleries/sharing/decline.html", context, status=status)
