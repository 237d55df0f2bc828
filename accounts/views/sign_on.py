"""Single sign-on among the settings of an agency."""

from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.faults import Fault
from accounts.forms_sign_on import DomainForm, ProviderForm
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.models import IdentityProvider, SignOnDomain, SignOnLink
from accounts.permissions import Permission
from accounts.services.sign_on import (
    ProviderFacts,
    disable_provider,
    enable_provider,
    propose_domain,
    remove_domain,
    save_provider,
)
from accounts.services.sign_on_links import release_link
from portal.paging import page_of


def _page(
    request: AgencyRequest,
    *,
    form: ProviderForm | None = None,
    domain_form: DomainForm | None = None,
    fault: Fault | None = None,
) -> HttpResponse:
    provider = IdentityProvider.objects.first()
    callback = reverse("openid_connect_callback", args=[provider.pk if provider else uuid4()])
    wrong = fault or (form and form.errors) or (domain_form and domain_form.errors)
    context = {
        "provider": provider,
        "form": form or ProviderForm(instance=provider),
        "domain_form": domain_form or DomainForm(),
        "domains": SignOnDomain.objects.all(),
        "links": page_of(request, SignOnLink.objects.select_related("user")),
        "callback": settings.BASE_URL + callback if provider else "",
        "fault": fault,
    }
    status = 422 if wrong else 200
    return render(request, "accounts/sign_on/settings.html", context, status=status)


def _ask(request: AgencyRequest, page: str, **context: object) -> HttpResponse:
    """The question before an act that ends sessions."""
    return render(request, f"accounts/sign_on/{page}.html", context)


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_POLICIES)
def single_sign_on(request: AgencyRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _save(request)
    return _page(request)


@needs(Permission.MANAGE_POLICIES)
@fresh
def _save(request: AgencyRequest) -> HttpResponse:
    # The form writes into its instance, and the service compares with what is stored.
    form = ProviderForm(request.POST, instance=IdentityProvider.objects.first())
    if form.is_valid():
        try:
            save_provider(actor=request.actor, facts=ProviderFacts(**form.cleaned_data))
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("Saved."))
            return redirect("single_sign_on")
    return _page(request, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_POLICIES)
@fresh
def sign_on_switch(request: AgencyRequest) -> HttpResponse:
    """Switching on and off; the page asks before the latter."""
    provider = get_object_or_404(IdentityProvider.objects.all())
    if request.method != "POST":
        return _ask(request, "switch_off", provider=provider)
    try:
        if request.POST.get("to") == "on":
            enable_provider(actor=request.actor, provider=provider)
            messages.success(request, _("The provider answers. Log-in by it is on."))
        else:
            disable_provider(actor=request.actor, provider=provider)
            messages.success(request, _("Log-in by the provider is off."))
    except Fault as fault:
        return _page(request, fault=fault)
    return redirect("single_sign_on")


@require_POST
@needs(Permission.MANAGE_POLICIES)
@fresh
def sign_on_domains(request: AgencyRequest) -> HttpResponse:
    provider = get_object_or_404(IdentityProvider.objects.all())
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            propose_domain(actor=request.actor, provider=provider, **form.cleaned_data)
        except Fault as fault:
            form.add_error("domain", fault.as_validation_error())
        else:
            messages.success(request, _("Proposed. The platform confirms it."))
            return redirect("single_sign_on")
    return _page(request, domain_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_POLICIES)
@fresh
def sign_on_domain_remove(request: AgencyRequest, pk: int) -> HttpResponse:
    domain = get_object_or_404(SignOnDomain.objects.all(), pk=pk)
    if request.method != "POST":
        return _ask(request, "domain_remove", domain=domain)
    try:
        remove_domain(actor=request.actor, domain=domain)
    except Fault as fault:
        return _page(request, fault=fault)
    messages.success(request, _("Removed."))
    return redirect("single_sign_on")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_POLICIES)
@fresh
def sign_on_link_release(request: AgencyRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(SignOnLink.objects.select_related("user"), pk=pk)
    if request.method != "POST":
        return _ask(request, "link_release", link=link)
    release_link(actor=request.actor, link=link)
    messages.success(request, _("Released. The next log-in links this person anew."))
    return redirect("single_sign_on")
