"""Who belongs to a case: adding and removing members, another owner."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.confirming import confirmed
from searches.access import case_for, needs
from searches.case_forms import MemberForm, OwnerForm
from searches.case_page import people_of
from searches.faults import Fault
from searches.models import Case, CaseMember
from searches.services.case_people import add_member, change_owner, end_member
from searches.services.membership import require_manager
from searches.views.cases import case_response


def _managed(request: AgencyRequest, pk: UUID) -> Case:
    case = case_for(request.actor, pk)
    require_manager(request.actor, case)
    return case


@require_POST
@needs(Permission.VIEW_CASES)
def case_member_add(request: AgencyRequest, pk: UUID) -> HttpResponse:
    case = _managed(request, pk)
    form = MemberForm(people_of(case, request.actor).others, request.POST)
    if form.is_valid():
        try:
            add_member(actor=request.actor, case=case, user_id=form.cleaned_data["person"])
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("case", pk=case.pk)
    return case_response(request, case, status=422, member_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_CASES)
def case_member_end(request: AgencyRequest, pk: UUID, member: UUID) -> HttpResponse:
    case = _managed(request, pk)
    row = get_object_or_404(CaseMember, case=case, pk=member, ended_at=None)
    return confirmed(
        request,
        "searches/case_member_end.html",
        {"case": case, "member": row},
        act=lambda: end_member(actor=request.actor, member=row),
        done=_("The person does not see the case any more."),
        then=reverse("case", args=[case.pk]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_CASES)
def case_owner(request: AgencyRequest, pk: UUID) -> HttpResponse:
    case = _managed(request, pk)
    form = OwnerForm(case, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_owner(actor=request.actor, case=case, user_id=form.cleaned_data["person"])
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("The case has another owner."))
            return redirect("case", pk=case.pk)
    status = 422 if form.errors else 200
    return render(request, "searches/case_owner.html", {"case": case, "form": form}, status=status)
