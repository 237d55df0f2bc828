"""The lending agency's pages: what a person was asked for, and who is lent to whom."""

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.confirming import confirmed
from portal.paging import page_of
from searches.access import needs
from searches.faults import Fault
from searches.lending import BENCH, LoanOver, in_owner_agency, loan_for, over, own_examination
from searches.lent_queries import from_outside, lent_out, lent_to
from searches.services.examining import start_examination
from searches.services.lent_out import decline_loan, open_loan, recall_loan


@require_safe
@needs(Permission.EXAMINE)
def loans(request: AgencyRequest) -> HttpResponse:
    """Examinations for other agencies: what this person was asked for."""
    page = page_of(request, lent_to(request.actor))
    context = {"page": page, "loans": from_outside(page)}
    return render(request, "searches/lending/loans.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.EXAMINE)
def lent(request: AgencyRequest, loan: UUID) -> HttpResponseBase:
    """What is asked and until when; posting begins the examination, or goes on with it."""
    fault = None
    try:
        with in_owner_agency(request, loan) as borrowed:
            begun = own_examination(borrowed.lent) is not None
            if request.method == "POST":
                open_loan(actor=request.actor, pk=loan)
                start_examination(actor=borrowed.actor, search=borrowed.lent.search)
                return redirect(BENCH, loan=loan)
    except LoanOver:
        return over(request)
    except Fault as refused:
        fault = refused
    (row,) = from_outside([loan_for(request, loan)])
    context = {"loan": row, "begun": begun, "fault": fault}
    return render(request, "searches/lending/loan.html", context, status=422 if fault else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def loan_decline(request: AgencyRequest, loan: UUID) -> HttpResponse:
    """No, or no more; also for somebody who has ceased to examine."""
    (row,) = from_outside([loan_for(request, loan)])
    return confirmed(
        request,
        "searches/lending/decline.html",
        {"loan": row},
        act=lambda: decline_loan(actor=request.actor, pk=loan),
        done=_("You declined. The other agency was told."),
        then="loans",
    )


@require_safe
@needs(Permission.RECALL)
def lent_out_list(request: AgencyRequest) -> HttpResponse:
    """Who of the agency is or was lent to which agency, and until when; nothing of the search."""
    page = page_of(request, lent_out(request.actor))
    context = {
        "page": page,
        "loans": from_outside(page),
        "lends": request.policy.lend_examiners,
    }
    return render(request, "searches/lending/lent_out.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.RECALL)
def loan_recall(request: AgencyRequest, loan: UUID) -> HttpResponse:
    (row,) = from_outside([get_object_or_404(lent_out(request.actor), pk=loan)])
    return confirmed(
        request,
        "searches/lending/recall.html",
        {"loan": row},
        act=lambda: recall_loan(actor=request.actor, pk=loan),
        done=_("The loan is ended. The other agency was told."),
        then="lent_out",
    )
