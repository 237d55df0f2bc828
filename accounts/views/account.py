"""What people change about themselves, with an agency and without."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actor import Actor
from accounts.http import SESSION_KEY, AgencyRequest
from accounts.models import User
from accounts.people_forms import AccountForm
from accounts.services.account import change_password, update_account
from accounts.services.sessions import switch_agency
from accounts.views.closed import ends_of
from portal.http import source_of


def person_of(request: HttpRequest) -> tuple[User, Actor]:
    """The person themselves, who acts for no agency here."""
    user = cast(User, request.user)  # LoginRequiredMiddleware has seen to it
    return user, Actor(user.pk, user.email, None, frozenset(), source_of(request))


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user, actor = person_of(request)
    # The form writes into its instance, and a refused name must not appear in the page's head.
    form = AccountForm(
        request.POST if request.method == "POST" else None, instance=User.objects.get(pk=user.pk)
    )
    if form.is_valid():
        update_account(actor=actor, user=user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("account")
    status = 422 if form.errors else 200
    context = {"form": form, "ends": ends_of(request)}
    return render(request, "accounts/account.html", context, status=status)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    user, actor = person_of(request)
    form = PasswordChangeForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        change_password(actor=actor, user=user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request, user)
        messages.success(request, _("The password is changed. Your other log-ins have ended."))
        return redirect("account")
    status = 422 if form.errors else 200
    return render(request, "accounts/password.html", {"form": form}, status=status)


@login_not_required
def set_language(request: HttpRequest) -> HttpResponse:
    """Django's switch of language; a person who is logged in keeps the choice."""
    wanted = request.POST.get("language", "")
    if request.method == "POST" and request.user.is_authenticated:
        user, actor = person_of(request)
        if wanted in dict(settings.LANGUAGES):
            update_account(actor=actor, user=user, language=wanted)
    return i18n.set_language(request)


@require_POST
def switch(request: AgencyRequest) -> HttpResponse:
    """Work in another of one's agencies; an agency one does not belong to changes nothing."""
    wanted = request.POST.get("agency", "")
    for agency in request.agencies:
        if str(agency.pk) == wanted:
            request.session[SESSION_KEY] = agency.pk
            switch_agency(actor=request.actor, agency=agency)
    return redirect("home")
