"""What is done to an alert, each on a page that says what it does."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from oversight.alert_forms import AlertDecisionForm, AlertHandOverForm, AlertReasonForm
from oversight.alert_mails import handlers_of
from oversight.alert_page import title_of
from oversight.alert_queries import alert_for
from oversight.faults import Fault
from oversight.models import MisuseAlert
from oversight.services.alert_acts import (
    close_alert,
    hand_over_alert,
    reopen_alert,
    take_alert,
)

Words = tuple[str | Promise, str | Promise]

HAND_OVER: Words = (
    gettext_lazy("Hand the alert over"),
    gettext_lazy("The person is told by e-mail that an alert waits, and nothing more."),
)
CLOSE: Words = (
    gettext_lazy("Decide about the alert"),
    gettext_lazy(
        "The decision and your name are recorded, and count in the statistic of the rules. The same"
        " finding is raised again only with new searches."
    ),
)
REOPEN: Words = (
    gettext_lazy("Open the alert again"),
    gettext_lazy("You handle it then. The decision so far stays in its history."),
)


@require_POST
@needs(Permission.HANDLE_ALERTS)
def alert_take(request: AgencyRequest, pk: UUID) -> HttpResponse:
    alert = alert_for(request.actor, pk)
    try:
        take_alert(actor=request.actor, alert=alert)
    except Fault as fault:
        messages.error(request, fault.message)
    else:
        messages.success(request, _("You handle this alert now."))
    return redirect("alert", pk=alert.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.HANDLE_ALERTS)
def alert_hand_over(request: AgencyRequest, pk: UUID) -> HttpResponse:
    alert = alert_for(request.actor, pk)
    people = [one for one in handlers_of(alert) if one.pk != request.actor.user_id]
    form = AlertHandOverForm(people, request.POST or None)
    return _act(request, alert, form, HAND_OVER, hand_over_alert)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.HANDLE_ALERTS)
def alert_close(request: AgencyRequest, pk: UUID) -> HttpResponse:
    form = AlertDecisionForm(request.POST or None)
    return _act(request, alert_for(request.actor, pk), form, CLOSE, close_alert)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.HANDLE_ALERTS)
def alert_reopen(request: AgencyRequest, pk: UUID) -> HttpResponse:
    form = AlertReasonForm(request.POST or None)
    return _act(request, alert_for(request.actor, pk), form, REOPEN, reopen_alert)


def _act(
    request: AgencyRequest,
    alert: MisuseAlert,
    form: forms.Form,
    words: Words,
    do: Callable[..., MisuseAlert],
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            do(actor=request.actor, alert=alert, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("alert", pk=alert.pk)
    context = {
        "alert": alert,
        "rule_title": title_of(alert),
        "title": words[0],
        "explanation": words[1],
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/alerts/act.html", context, status=status)
