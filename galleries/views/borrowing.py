"""The borrowing agency's pages: galleries that other agencies offer or grant, and the answer."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.confirming import confirmed
from portal.paging import page_of
from searches.access import needs
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
    return confirmed(
        request,
        "galleries/sharing/accept.html",
        {"grant": _grant_or_404(request, pk)},
        act=lambda: accept_grant(actor=request.actor, pk=pk),
        done=_("Accepted. Your analysts can choose the gallery now."),
        then="borrowed_galleries",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def grant_decline(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """No, or no more."""
    return confirmed(
        request,
        "galleries/sharing/decline.html",
        {"grant": _grant_or_404(request, pk)},
        act=lambda: decline_grant(actor=request.actor, pk=pk),
        done=_("The other agency was told."),
        then="borrowed_galleries",
    )
