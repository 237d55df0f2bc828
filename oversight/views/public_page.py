"""The settings of the public page."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.models import PublicPage
from oversight.public_page_forms import PublicPageForm
from oversight.request_forms import RequestForm
from oversight.services.public_page import latest_page, save_texts, switch_page
from oversight.views.public import page_response
from portal.paging import page_of


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PUBLIC_PAGE)
def public_page_settings(request: AgencyRequest) -> HttpResponse:
    latest = latest_page()
    form = PublicPageForm(latest, request.POST if request.method == "POST" else None)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            save_texts(actor=request.actor, seen=seen, texts=form.texts())
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("The page is saved."))
            return redirect("public_page_settings")
    context = {"form": form, "latest": latest, "page": page_of(request, PublicPage.objects.all())}
    status = 422 if form.errors else 200
    return render(request, "oversight/public_page_settings.html", context, status=status)


@require_POST
@needs(Permission.MANAGE_PUBLIC_PAGE)
def public_page_switch(request: AgencyRequest) -> HttpResponse:
    """Open the page to everybody, or take it away."""
    text = request.POST.get("seen", "")
    try:
        seen, on = int(text) if text.isdecimal() else -1, request.POST.get("to") == "on"
        switch_page(actor=request.actor, seen=seen, on=on)
    except Fault as fault:
        messages.error(request, fault.message)
    else:
        messages.success(request, _("The page is on.") if on else _("The page is off."))
    return redirect("public_page_settings")


@require_safe
@needs(Permission.MANAGE_PUBLIC_PAGE)
def public_page_preview(request: AgencyRequest) -> HttpResponse:
    """The saved page as the public would see it; its form leads nowhere."""
    latest = latest_page()
    if latest is None:
        raise Http404("no page yet")
    return page_response(request, request.agency, latest, RequestForm(), is_preview=True)
