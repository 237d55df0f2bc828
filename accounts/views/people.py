"""The agency's people: list, roles, end and return of access."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import people_queries
from accounts.faults import Fault
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.models import Membership, Role
from accounts.people_forms import RolesForm
from accounts.permissions import Permission
from accounts.services.factors import reset_factors
from accounts.services.people import change_roles, deactivate_member, reactivate_member
from accounts.usage import allowance, exact_seats
from portal.confirming import confirmed
from portal.paging import page_of

# Open invitations under the list of people; all of them have a page of their own.
NEWEST = 5
# In the order in which people_queries.people takes them.
LIST_FILTERS = ("q", "role", "state", "factor")


@require_safe
@needs(Permission.VIEW_PEOPLE)
def people(request: AgencyRequest) -> HttpResponse:
    chosen = {name: asked(request, name) for name in LIST_FILTERS}
    rows = people_queries.people(*chosen.values())
    context = {
        **chosen,
        "page": page_of(request, rows),
        "roles": Role.choices,
        "is_filtered": any(chosen.values()),
        "back": request.GET.urlencode(),
        "invitations": list(people_queries.open_invitations()[:NEWEST]),
        "open_count": people_queries.open_invitations().count(),
        "seats": exact_seats(allowance(request.actor.agency)),
    }
    return render(request, "accounts/people.html", context)


@require_safe
@needs(Permission.VIEW_PEOPLE)
def invitations(request: AgencyRequest) -> HttpResponse:
    text = asked(request, "q")
    page = page_of(request, people_queries.open_invitations(text))
    return render(request, "accounts/invitation_list.html", {"page": page, "q": text})


def asked(request: AgencyRequest, name: str) -> str:
    """What an address asks for, without the one character that PostgreSQL's text cannot hold."""
    return request.GET.get(name, "").replace("\0", "").strip()


def _back(request: AgencyRequest) -> str:
    """The list as the person left it: its page and filter, and never another address."""
    left = QueryDict(request.POST.get("back", ""))
    kept = {name: left[name] for name in (*LIST_FILTERS, "page") if left.get(name)}
    return reverse("people") + (f"?{urlencode(kept)}" if kept else "")


def member_or_404(pk: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@fresh
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
            return redirect(_back(request))
    context = {
        "form": form,
        "membership": membership,
        "back": request.POST.get("back", ""),
        "is_self": _is_self(request, membership),
    }
    return render(request, "accounts/member.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@fresh
def member_deactivate(request: AgencyRequest, pk: int) -> HttpResponse:
    done = _("%s has no access any more.")
    return _confirm(request, pk, "accounts/member_deactivate.html", deactivate_member, done)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@fresh
def member_reactivate(request: AgencyRequest, pk: int) -> HttpResponse:
    done = _("%s has access again.")
    return _confirm(request, pk, "accounts/member_reactivate.html", reactivate_member, done)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@fresh
def member_factors_reset(request: AgencyRequest, pk: int) -> HttpResponse:
    done = _("%s sets up a new second factor at the next log-in.")
    return _confirm(request, pk, "accounts/member_factors_reset.html", reset_factors, done)


def _confirm(
    request: AgencyRequest, pk: int, template: str, act: Callable[..., object], done: str
) -> HttpResponse:
    membership = member_or_404(pk)
    context = {
        "membership": membership,
        "back": request.POST.get("back") or request.GET.get("back", ""),
        "is_self": _is_self(request, membership),
    }
    return confirmed(
        request,
        template,
        context,
        act=lambda: act(actor=request.actor, membership=membership),
        done=done % membership.user,
        then=_back(request),
    )


def _is_self(request: AgencyRequest, membership: Membership) -> bool:
    return membership.user_id == request.user.pk
