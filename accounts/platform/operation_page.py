"""How the installation works, and notices to everybody, on the platform's pages."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.faults import Fault
from accounts.models.staff import MIN_REASON
from accounts.platform.base import actor_in
from accounts.services.operating import Told, broadcast, set_mode, withdraw_broadcast
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.models import Broadcast, Mode, Operation

MOST_SHOWN = 50
FORM = _("Such as 2026-12-31 22:00")


class ModeForm(forms.Form):
    mode = forms.ChoiceField(
        label=_("Mode"), choices=Mode.choices, widget=UnfoldAdminRadioSelectWidget()
    )
    until = forms.DateTimeField(
        label=_("Expected to end (UTC)"),
        help_text=FORM,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )
    text_en = forms.CharField(
        label=_("Notice in English"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(),
    )
    text_fr = forms.CharField(
        label=_("Notice in French"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(),
    )
    reason = forms.CharField(
        label=_("Reason"),
        min_length=MIN_REASON,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(),
    )


class BroadcastForm(forms.Form):
    text_en = forms.CharField(
        label=_("Text in English"), max_length=500, widget=UnfoldAdminTextareaWidget()
    )
    text_fr = forms.CharField(
        label=_("Text in French"), max_length=500, widget=UnfoldAdminTextareaWidget()
    )
    starts_at = forms.DateTimeField(
        label=_("From (UTC)"), help_text=FORM, widget=UnfoldAdminTextInputWidget()
    )
    ends_at = forms.DateTimeField(
        label=_("Until (UTC)"), help_text=FORM, widget=UnfoldAdminTextInputWidget()
    )
    is_urgent = forms.BooleanField(label=_("Urgent"), required=False, widget=UnfoldBooleanWidget())


@require_http_methods(["GET", "HEAD", "POST"])
def operation_page(request: HttpRequest) -> HttpResponse:
    """The mode, with a form to change it."""
    row = Operation.objects.first() or Operation()
    now = {name: getattr(row, name) for name in ("mode", "until", "text_en", "text_fr")}
    form = ModeForm(request.POST) if request.method == "POST" else ModeForm(initial=now)
    if form.is_valid():
        given = form.cleaned_data
        told = Told(given["until"], given["text_en"], given["text_fr"])
        mode, reason = Mode(given["mode"]), given["reason"]
        try:
            set_mode(actor=actor_in(request), mode=mode, reason=reason, told=told)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("The mode was changed."))
            return redirect("admin:operation")
    return _page(request, "operation", _("Operation"), form, [])


@require_http_methods(["GET", "HEAD", "POST"])
def broadcast_page(request: HttpRequest) -> HttpResponse:
    """The notices to everybody, with a form for another one."""
    form = BroadcastForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            broadcast(actor=actor_in(request), **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("The notice is shown at its time."))
            return redirect("admin:broadcasts")
    rows = list(Broadcast.objects.all()[:MOST_SHOWN])
    return _page(request, "broadcasts", _("Notices to everybody"), form, rows)


@require_POST
def broadcast_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(Broadcast, pk=pk)
    withdraw_broadcast(actor=actor_in(request), notice=notice)
    messages.success(request, _("The notice was taken back."))
    return redirect("admin:broadcasts")


def _page(
    request: HttpRequest, name: str, title: Any, form: forms.Form, rows: list[Broadcast]
) -> HttpResponse:
    from accounts.platform.site import site

    record(actor_in(request), Action.PLATFORM_LISTED, None, {"model": name, "rows": len(rows)})
    context = {**site.each_context(request), "title": title, "form": form, "rows": rows}
    status = 422 if form.errors else 200
    return render(request, f"accounts/platform/{name}.html", context, status=status)
