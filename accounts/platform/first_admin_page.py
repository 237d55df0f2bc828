"""Inviting the first admin of an agency on the platform's pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget

from accounts.faults import Fault
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.services.first_admin import invite_first_admin, may_invite_admin
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action


class FirstAdminForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=UnfoldAdminEmailInputWidget()
    )
    language = forms.ChoiceField(
        label=_("Language of the e-mail"),
        choices=settings.LANGUAGES,
        widget=UnfoldAdminSelectWidget(),
    )


class FirstAdminPage(PlatformAdmin):
    """For the admin of agencies: staff invite one person, once, into an agency without people."""

    @action(description=_("Invite the first admin"), url_path="first-admin")  # type: ignore[untyped-decorator]
    def first_admin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agency = self.get_object(request, object_id)
        if agency is None:
            raise Http404
        form = FirstAdminForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                invite_first_admin(actor=actor_in(request), agency=agency, **form.cleaned_data)
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            else:
                messages.success(request, _("The invitation was sent."))
                return redirect("admin:accounts_agency_change", agency.pk)
        record_for_both(actor_in(request), Action.AGENCY_VIEWED, agency)
        context: dict[str, Any] = {**self.admin_site.each_context(request), "opts": self.opts}
        context |= {"title": _("Invite the first admin"), "original": agency, "form": form}
        context["is_possible"] = may_invite_admin(agency)
        status = 422 if form.errors else 200
        return render(request, "accounts/platform/first_admin.html", context, status=status)
