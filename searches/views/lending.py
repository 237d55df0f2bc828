"""The owning agency's pages: asking an examiner of another agency, and taking it back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.confirming import confirmed
from searches.access import needs, search_for
from searches.faults import Fault
from searches.forms_lending import LendForm
from searches.lent_queries import of_search
from searches.models import ExaminerLoan
from searches.models.examination import FIRST, SECOND
from searches.models.stage import ROUND_OF
from searches.services.lending import lend_examiner, revoke_loan


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.LEND)
def search_lend(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Whom this search was lent to, and the form for another one while a round is open."""
    search = search_for(request.actor, pk)
    form = LendForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            lend_examiner(actor=request.actor, search=search, **form.values())
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(
                request,
                _(
                    "If the address belongs to an examiner whose agency lends them, they are asked"
                    " by e-mail now."
                ),
            )
            return redirect("search_lend", pk=search.pk)
    context = {
        "search": search,
        "form": form,
        "loans": of_search(search),
        "round": ROUND_OF.get(search.stage),  # type: ignore[call-overload]
        "lendable": (FIRST, SECOND),
    }
    status = 422 if form.errors else 200
    return render(request, "searches/lending/lend.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.LEND)
def loan_revoke(request: AgencyRequest, pk: UUID) -> HttpResponse:
    loan = get_object_or_404(ExaminerLoan.objects.select_related("search"), pk=pk)
    return confirmed(
        request,
        "searches/lending/revoke.html",
        {"loan": loan},
        act=lambda: revoke_loan(actor=request.actor, loan=loan),
        done=_("The loan is withdrawn. The person sees nothing any more."),
        then=reverse("search_lend", args=[loan.search_id]),
    )
