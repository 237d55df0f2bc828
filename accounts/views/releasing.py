"""Letting a person of the agency log in again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.faults import Fault
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.permissions import Permission
from accounts.services.locking import release
from accounts.views.people import member_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@fresh
def member_release(request: AgencyRequest, pk: int) -> HttpResponse:
    membership, fault = member_or_404(pk), None
    if request.method == "POST":
        try:
            release(actor=request.actor, membership=membership)
        except Fault as refused:
            fault = refused
        else:
            messages.success(request, _("%s may log in again.") % membership.user)
            return redirect("member", pk=membership.pk)
    context = {"membership": membership, "fault": fault}
    status = 422 if fault else 200
    return render(request, "accounts/member_release.html", context, status=status)
