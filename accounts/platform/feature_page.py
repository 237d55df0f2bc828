"""What is switched off for an agency, on its page of the platform."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from accounts.faults import Fault
from accounts.features import Feature
from accounts.models.staff import MIN_REASON
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.services.operating import switch_feature
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action


class FeatureForm(forms.Form):
    feature = forms.ChoiceField(
        label=_("Part of the portal"),
        choices=Feature.choices,
        widget=UnfoldAdminRadioSelectWidget(),
    )
    switch = forms.ChoiceField(
        label=_("Switch"),
        choices=[("on", _("On")), ("off", _("Off"))],
        widget=UnfoldAdminRadioSelectWidget(),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The agency reads it."),
        min_length=MIN_REASON,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(),
    )


class FeaturePage(PlatformAdmin):
    """For the admin of agencies."""

    @action(description=_("Parts of the portal"), url_path="features")  # type: ignore[untyped-decorator]
    def features(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agency = self.get_object(request, object_id)
        if agency is None:
            raise Http404
        form = FeatureForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            given = form.cleaned_data
            try:
                switch_feature(
                    actor=actor_in(request),
                    agency=agency,
                    feature=Feature(given["feature"]),
                    is_on=given["switch"] == "on",
                    reason=given["reason"],
                )
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            else:
                messages.success(request, _("Saved."))
                return redirect("admin:accounts_agency_features", agency.pk)
        record_for_both(actor_in(request), Action.AGENCY_VIEWED, agency)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Parts of the portal"),
            "original": agency,
            "form": form,
            "off": [Feature(name).label for name in agency.features_off],
        }
        status = 422 if form.errors else 200
        return render(request, "accounts/platform/features.html", context, status=status)
