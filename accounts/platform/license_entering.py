"""Entering licenses: new ones, drafts, amendments and renewals, each on one page."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import LicenseVersion, Plan
from accounts.platform.base import actor_in
from accounts.platform.license_forms import (
    AmendmentForm,
    NewLicenseForm,
    RenewalForm,
    TermsForm,
    defaults_of,
)
from accounts.platform.license_pages import LicensePages, draft_of, last_signed_of
from accounts.services.licenses.drafting import (
    FROM_PLAN,
    TERM_FIELDS,
    amend,
    change_draft,
    draft_license,
    renew,
)
from accounts.services.licenses.signing import sign_version

Saver = Callable[[TermsForm], LicenseVersion]


class LicenseEntering(LicensePages):
    """The pages with the form of the terms."""

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        plans = Plan.objects.filter(published_at__isnull=False)
        chosen = request.GET.get("plan", "")
        plan = plans.filter(pk=chosen).first() if chosen.isdigit() else None
        initial = defaults_of(plan, FROM_PLAN) | {"signed_on": timezone.now().date()}
        initial |= {"agency": request.GET.get("agency"), "starts_on": timezone.now().date()}

        def save(form: TermsForm) -> LicenseVersion:
            more = {name: form.cleaned_data[name] for name in ("agency", "number")}
            return draft_license(actor=actor_in(request), plan=plan, **more, **form.terms())

        context = {"plans": plans, "plan": plan, "title": _("New license")}
        return self._enter(request, NewLicenseForm, initial, save, context)

    @action(description=_("Change the draft"), url_path="draft")  # type: ignore[untyped-decorator]
    def edit_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        license = self.license(request, object_id)
        draft = draft_of(license)
        if draft is None:
            raise Http404
        kind = RenewalForm if draft.version == 1 else AmendmentForm
        save = _saver(change_draft, actor_in(request), version=draft)
        context = {"original": license, "title": _("Change the draft")}
        return self._enter(request, kind, _values_of(draft), save, context)

    @action(description=_("Amend"), url_path="amend")  # type: ignore[untyped-decorator]
    def amend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        license = self.license(request, object_id)
        last = last_signed_of(license)
        save = _saver(amend, actor_in(request), license=license)
        anew = {"change_note": "", "effective_on": max(license.today, last.starts_on)}
        context = {"original": license, "title": _("Amend")}
        return self._enter(request, AmendmentForm, _values_of(last) | anew, save, context)

    @action(description=_("Renew"), url_path="renew")  # type: ignore[untyped-decorator]
    def renew(self, request: HttpRequest, object_id: str) -> HttpResponse:
        license = self.license(request, object_id)
        last = last_signed_of(license)
        save = _saver(renew, actor_in(request), license=license)
        anew: dict[str, Any] = {"starts_on": last.ends_on + timedelta(days=1), "ends_on": None}
        anew |= {"purchase_order": "", "signed_on": license.today}
        context = {"original": license, "title": _("Renew")}
        return self._enter(request, RenewalForm, _values_of(last) | anew, save, context)

    def _enter(
        self,
        request: HttpRequest,
        kind: type[TermsForm],
        initial: dict[str, Any],
        save: Saver,
        context: dict[str, Any],
    ) -> HttpResponse:
        """One page for the terms; "sign" in the request signs them at once."""
        if not self.has_add_permission(request):
            raise Http404
        form = self._form_class(request, kind)(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    version = save(form)
                    if "sign" in request.POST:
                        sign_version(actor=actor_in(request), version=version)
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            except ValidationError as error:
                _show(form, error)
            else:
                messages.success(request, _("The license is saved."))
                return redirect("admin:accounts_license_change", version.license_id)
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        context["media"] = self.media + form.media
        status = 422 if form.errors else 200
        return render(request, "accounts/platform/license_form.html", context, status=status)

    def _form_class(self, request: HttpRequest, kind: type[TermsForm]) -> type[TermsForm]:
        """The form with unfold's widgets."""
        callback = partial(self.formfield_for_dbfield, request=request)
        made = forms.modelform_factory(LicenseVersion, form=kind, formfield_callback=callback)
        return cast(type[TermsForm], made)


def _values_of(version: LicenseVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in TERM_FIELDS}


def _saver(service: Callable[..., LicenseVersion], actor: Actor, **which: models.Model) -> Saver:
    return lambda form: service(actor=actor, **which, **form.terms())


def _show(form: TermsForm, error: ValidationError) -> None:
    """At the fields that the form has; above them otherwise."""
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
