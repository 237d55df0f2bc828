"""Webhooks for administrators: where the agency's systems are told, and what reached them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.faults import Fault
from accounts.forms_webhooks import DeliveryFilterForm, WebhookForm
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.models import WebhookEndpoint
from accounts.permissions import Permission
from accounts.webhooks import queries
from accounts.webhooks.acts import replay, send_test
from accounts.webhooks.endpoints import (
    add_endpoint,
    change_endpoint,
    disable_endpoint,
    enable_endpoint,
    remove_endpoint,
    rotate_secret,
)
from portal.paging import page_of


@require_safe
@needs(Permission.MANAGE_WEBHOOKS)
def webhook_list(request: AgencyRequest) -> HttpResponse:
    page = page_of(request, queries.endpoints(request.actor))
    return render(request, "accounts/webhooks/list.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_WEBHOOKS)
@fresh
def webhook_new(request: AgencyRequest) -> HttpResponse:
    """The answer to the form is the one time that the secret is shown."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = add_endpoint(actor=request.actor, facts=form.facts())
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return _shown_once(request, endpoint, secret)
    return _form(request, form)


@require_safe
@needs(Permission.MANAGE_WEBHOOKS)
def webhook(request: AgencyRequest, pk: UUID) -> HttpResponse:
    endpoint = queries.endpoint_for(request.actor, pk)
    return _page(request, endpoint)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_WEBHOOKS)
@fresh
def webhook_edit(request: AgencyRequest, pk: UUID) -> HttpResponse:
    endpoint = queries.endpoint_for(request.actor, pk)
    now = {name: getattr(endpoint, name) for name in WebhookForm.base_fields}
    form = WebhookForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            change_endpoint(actor=request.actor, endpoint=endpoint, facts=form.facts())
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook", pk)
    return _form(request, form, endpoint)


@require_POST
@needs(Permission.MANAGE_WEBHOOKS)
@fresh
def webhook_switch(request: AgencyRequest, pk: UUID) -> HttpResponse:
    endpoint = queries.endpoint_for(request.actor, pk)
    if request.POST.get("to") == "on":
        enable_endpoint(actor=request.actor, endpoint=endpoint)
        messages.success(request, _("The webhook is enabled."))
    else:
        disable_endpoint(actor=request.actor, endpoint=endpoint)
        messages.success(request, _("The webhook is disabled."))
    return redirect("webhook", pk)


@require_POST
@needs(Permission.MANAGE_WEBHOOKS)
@fresh
def webhook_rotate(request: AgencyRequest, pk: UUID) -> HttpResponse:
    endpoint = queries.endpoint_for(request.actor, pk)
    return _shown_once(request, endpoint, rotate_secret(actor=request.actor, endpoint=endpoint))


@require_POST
@needs(Permission.MANAGE_WEBHOOKS)
@fresh
def webhook_remove(request: AgencyRequest, pk: UUID) -> HttpResponse:
    endpoint = queries.endpoint_for(request.actor, pk)
    remove_endpoint(actor=request.actor, endpoint=endpoint)
    messages.success(request, _("The webhook is removed."))
    return redirect("webhooks")


@require_POST
@needs(Permission.MANAGE_WEBHOOKS)
def webhook_test(request: AgencyRequest, pk: UUID) -> HttpResponse:
    endpoint = queries.endpoint_for(request.actor, pk)
    try:
        send_test(actor=request.actor, endpoint=endpoint)
    except Fault as fault:
        return _page(request, endpoint, fault)
    messages.success(request, _("The test is on its way."))
    return redirect("webhook", pk)


@require_POST
@needs(Permission.MANAGE_WEBHOOKS)
def webhook_replay(request: AgencyRequest, pk: UUID) -> HttpResponse:
    delivery = queries.delivery_for(request.actor, pk)
    try:
        replay(actor=request.actor, delivery=delivery)
    except Fault as fault:
        return _page(request, delivery.endpoint, fault)
    messages.success(request, _("It is on its way once more."))
    return redirect("webhook", delivery.endpoint_id)


def _page(
    request: AgencyRequest, endpoint: WebhookEndpoint, fault: Fault | None = None
) -> HttpResponse:
    form = DeliveryFilterForm(request.GET)
    rows = queries.deliveries(endpoint).filter(**form.chosen())
    context = {"endpoint": endpoint, "page": page_of(request, rows), "form": form, "fault": fault}
    return render(
        request, "accounts/webhooks/one.html", context, status=200 if fault is None else 422
    )


def _form(
    request: AgencyRequest, form: WebhookForm, endpoint: WebhookEndpoint | None = None
) -> HttpResponse:
    context = {"form": form, "endpoint": endpoint}
    status = 422 if form.errors else 200
    return render(request, "accounts/webhooks/form.html", context, status=status)


def _shown_once(request: AgencyRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    context = {"endpoint": endpoint, "secret": secret}
    return render(request, "accounts/webhooks/secret.html", context)
