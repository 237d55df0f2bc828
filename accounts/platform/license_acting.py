"""Acts on licenses, each with a page that asks first."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.license_history import history_of
from accounts.models import License
from accounts.platform.base import actor_in
from accounts.platform.license_forms import ActForm
from accounts.platform.license_pages import LicensePages, draft_of
from accounts.services.licenses.acts import resume, suspend, terminate
from accounts.services.licenses.signing import approve_overage, sign_version

ACTS = {
    "suspend": (suspend, _("Suspend"), _("Nothing new can be done under it until it is resumed.")),
    "resume": (resume, _("Resume"), _("The suspension ends.")),
    "terminate": (terminate, _("Terminate"), _("It ends for good and cannot be resumed.")),
}


class LicenseActing(LicensePages):
    """Sign, approve, suspend, resume, terminate."""

    @action(description=_("Sign"), url_path="sign")  # type: ignore[untyped-decorator]
    def sign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        words = _("Signed terms count from their first day on and do not change any more.")
        return self._confirm(request, object_id, _("Sign"), words, partial(_on_draft, sign_version))

    @action(description=_("Approve the overage"), url_path="approve")  # type: ignore[untyped-decorator]
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        words = _("You approve that searches beyond the limit are sold at the stated price.")
        do = partial(_on_draft, approve_overage)
        return self._confirm(request, object_id, _("Approve the overage"), words, do)

    @action(description=_("Suspend"), url_path="suspend")  # type: ignore[untyped-decorator]
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._act(request, object_id, "suspend")

    @action(description=_("Resume"), url_path="resume")  # type: ignore[untyped-decorator]
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._act(request, object_id, "resume")

    @action(description=_("Terminate"), url_path="terminate")  # type: ignore[untyped-decorator]
    def terminate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._act(request, object_id, "terminate")

    def _act(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        service, title, words = ACTS[name]
        form = ActForm(request.POST if request.method == "POST" else None)

        def do(actor: Actor, license: License) -> None:
            service(actor=actor, license=license, **form.cleaned_data)

        return self._confirm(request, object_id, title, words, do, form)

    def _confirm(
        self,
        request: HttpRequest,
        object_id: str,
        title: Any,
        words: Any,
        do: Callable[[Actor, License], object],
        form: forms.Form | None = None,
    ) -> HttpResponse:
        license = self.license(request, object_id)
        if form is None:
            form = forms.Form({} if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                do(actor_in(request), license)
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            else:
                messages.success(request, _("Done."))
                return redirect("admin:accounts_license_change", license.pk)
        self.note_view(request, license)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        context |= {"title": title, "words": words, "original": license, "media": self.media}
        context["history"] = history_of(license)[:1]
        status = 422 if form.errors else 200
        return render(request, "accounts/platform/license_act.html", context, status=status)


def _on_draft(service: Callable[..., object], actor: Actor, license: License) -> None:
    draft = draft_of(license)
    if draft is None:
        raise Fault("license_signed")
    service(actor=actor, version=draft)
