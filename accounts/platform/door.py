"""The way into the platform's pages: a reason and the password again; and the way out."""

from typing import cast

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.faults import Fault
from accounts.models.staff import MIN_REASON
from accounts.platform.requests import SESSION_KEY, PlatformRequest
from accounts.services.staff import end_staff_session, open_staff_session


class DoorForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("What you are here to do, in at least 10 characters. It is kept."),
        min_length=MIN_REASON,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def _staff(request: HttpRequest) -> PlatformRequest:
    if not hasattr(request, "platform_actor"):
        raise Http404
    return cast(PlatformRequest, request)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    mine = _staff(request)
    form = DoorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            session = open_staff_session(
                actor=mine.platform_actor, user=mine.user, **form.cleaned_data
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            request.session[SESSION_KEY] = session.pk
            return redirect(_next(request))
    status = 422 if form.errors else 200
    context = {"form": form, "next": _next(request), "minutes": settings.STAFF_SESSION_MINUTES}
    return render(request, "accounts/platform/door.html", context, status=status)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    mine = _staff(request)
    request.session.pop(SESSION_KEY, None)
    if mine.staff_session is not None:
        end_staff_session(actor=mine.platform_actor, session=mine.staff_session)
    return redirect("admin:door")


def _next(request: HttpRequest) -> str:
    """The page of the platform that was asked for; its first page when it was another site's."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    inside = wanted.startswith(reverse("admin:index")) and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if inside else reverse("admin:index")
