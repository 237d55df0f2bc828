"""The agency's people: list, roles, end and return of access."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import people_queries
from accounts.faults import Fault
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.models import Membership, Role
from accounts.people_forms import RolesForm
from accounts.permissions import Permission
from accounts.services.people import change_roles, deactivate_member, reactivate_member
from accounts.usage import allowance, exact_seats
from portal.paging import page_of


@require_safe
@needs(Permission.VIEW_PEOPLE)
def people(request: AgencyRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "").strip() for name in ("q", "role", "state")}
    rows = people_queries.people(chosen["q"], chosen["role"], chosen["state"])
    context = {
        **chosen,
        "page": page_of(request, rows),
        "roles": Role.choices,
        "is_filtered": any(chosen.values()),
        "invitations": people_queries.open_invitations()[:100],
        "seats": exact_seats(allowance(request.actor.agency)),
    }
    return render(request, "accounts/people.html", context)


def member_or_404(pk: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def member(request: AgencyRequest, pk: int) -> HttpResponse:
    membership = member_or_404(pk)
    form = RolesForm(membership, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            change_roles(
                actor=request.actor, membership=membership, roles=form.cleaned_data["roles"]
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("The roles of %s are saved.") % membership.user)
            return redirect("people")
    context = {"form": form, "membership": membership, "is_self": _is_self(request, membership)}
    return render(request, "accounts/member.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def member_deactivate(request: AgencyRequest, pk: int) -> HttpResponse:
    done = _("%s has no access any more.")
    return _confirm(request, pk, "accounts/member_deactivate.html", deactivate_member, done)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def member_reactivate(request: AgencyRequest, pk: int) -> HttpResponse:
    done = _("%s has access again.")
    return _confirm(request, pk, "accounts/member_reactivate.html", reactivate_member, done)


def _confirm(
    request: AgencyRequest, pk: int, template: str, act: Callable[..., Membership], done: str
) -> HttpResponse:
    membership, fault = member_or_404(pk), None
    if request.method == "POST":
        try:
            act(actor=request.actor, membership=membership)
        except Fault as refused:
            fault = refused
        else:
            messages.success(request, done % membership.user)
            return redirect("people")
    context = {
        "membership": membership,
        "fault": fault,
        "is_self": _is_self(request, membership),
    }
    return render(request, template, context, status=422 if fault else 200)


def _is_self(request: AgencyRequest, membership: Membership) -> bool:
    return membership.user_id == request.user.pk
