"""Inviting people, and the page that a link leads to."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.faults import Fault
from accounts.guards import needs
from accounts.http import SESSION_KEY, AgencyRequest
from accounts.login.fresh import fresh
from accounts.models import Agency, Invitation, Membership, User
from accounts.people_forms import InvitationForm, JoinForm
from accounts.permissions import Permission
from accounts.services.invitations import (
    invite_member,
    live_invitation,
    resend_invitation,
    revoke_invitation,
)
from accounts.services.joining import accept_as, accept_with_password
from portal.http import source_of
from portal.tenancy import scope


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@fresh
def invite(request: AgencyRequest) -> HttpResponse:
    initial = {"language": get_language()}
    form = InvitationForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            invitation = invite_member(actor=request.actor, **form.cleaned_data)
        except Fault as fault:
            if fault.code == "mail_not_sent":
                messages.error(request, fault.message)
                return redirect("people")
            form.add_error(None, fault.as_validation_error())
        except ValidationError as error:
            form.add_error("email", error)
        else:
            messages.success(request, _("The invitation to %s is sent.") % invitation.email)
            return redirect("people")
    status = 422 if form.errors else 200
    return render(request, "accounts/invite.html", {"form": form}, status=status)


@require_POST
@needs(Permission.MANAGE_PEOPLE)
def invitation_resend(request: AgencyRequest, pk: UUID) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects.all(), pk=pk)
    try:
        resend_invitation(actor=request.actor, invitation=invitation)
    except Fault as fault:
        messages.error(request, fault.message)
    else:
        messages.success(request, _("A new link is sent to %s.") % invitation.email)
    return redirect(_back(request))


@require_POST
@needs(Permission.MANAGE_PEOPLE)
def invitation_revoke(request: AgencyRequest, pk: UUID) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects.all(), pk=pk)
    try:
        revoke_invitation(actor=request.actor, invitation=invitation)
    except Fault as fault:
        messages.error(request, fault.message)
    else:
        messages.success(request, _("The invitation to %s is withdrawn.") % invitation.email)
    return redirect(_back(request))


def _name_here(invitation: Invitation) -> str:
    """Of whoever is or was a member already: they come back, or came in with their agency."""
    with scope(invitation.agency_id):
        rows = Membership.objects.filter(user__email=invitation.email)
        return rows.values_list("user__name", flat=True).first() or ""


def _back(request: AgencyRequest) -> str:
    """Whichever of the two lists the button was on."""
    return "invitations" if request.POST.get("list") == "invitations" else "people"


@never_cache
@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Join an agency. Unknown, used, withdrawn and old links get one and the same answer."""
    try:
        found = live_invitation(token)
    except Fault as dead:
        return render(request, "accounts/invitation_dead.html", {"fault": dead}, status=404)
    initial = {"name": _name_here(found)}
    form = JoinForm(request.POST if request.method == "POST" else None, initial=initial)
    fault: Fault | None = None
    if request.method == "POST":
        try:
            if request.user.is_authenticated:
                return _join_as_oneself(request, request.user, token)
            if form.is_valid():
                return _join(request, token, form.cleaned_data)
        except Fault as refused:
            fault = refused
            form.add_error(None, fault.as_validation_error())
    with scope(found.agency_id):
        inviting = Agency.objects.get(pk=found.agency_id)
    context = {"form": form, "fault": fault, "invitation": found, "inviting": inviting}
    status = 422 if form.is_bound and (form.errors or fault) else 200
    return render(request, "accounts/invitation.html", context, status=status)


def _join(request: HttpRequest, token: str, values: dict[str, str]) -> HttpResponse:
    accept_with_password(source=source_of(request), token=token, **values)
    # A link alone logs nobody in: what else a log-in asks for is asked there.
    messages.success(request, _("You belong to the agency now. Log in with your password."))
    return redirect("account_login")


def _join_as_oneself(request: HttpRequest, user: User, token: str) -> HttpResponse:
    membership = accept_as(source=source_of(request), token=token, user=user)
    request.session[SESSION_KEY] = membership.agency_id
    return redirect("home")
