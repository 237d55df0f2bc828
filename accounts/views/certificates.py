"""Training certificates of an agency's people."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.certificates import ENDING_SOON, certificate_states, today_in
from accounts.faults import Fault
from accounts.forms_access import CertificateForm, WithdrawForm
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.models import TrainingCertificate
from accounts.permissions import Permission
from accounts.services.training import (
    add_certificate,
    require_certificates,
    view_evidence,
    withdraw_certificate,
)
from portal.paging import page_of
from portal.storage import MissingFile

ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


def _certificate(pk: int) -> TrainingCertificate:
    return get_object_or_404(TrainingCertificate.objects.select_related("user"), pk=pk)


@require_safe
@needs(Permission.VIEW_CERTIFICATES)
def certificate_list(request: AgencyRequest) -> HttpResponse:
    today = today_in(request.agency)
    states = certificate_states(today)
    state = request.GET.get("state", "")
    chosen = states.get(state, Q())
    certificates = TrainingCertificate.objects.filter(chosen).select_related("user")
    context: dict[str, Any] = {
        "page": page_of(request, certificates),
        "state": state if state in states else "",
        "today": today,
        "soon": today + ENDING_SOON,
    }
    return render(request, "accounts/certificate_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_CERTIFICATES)
@fresh
def certificate_new(request: AgencyRequest) -> HttpResponse:
    initial = {"user": request.GET.get("person")}
    form = CertificateForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        person = form.cleaned_data["user"]
        try:
            add_certificate(
                actor=request.actor,
                user_id=person.pk,
                facts=form.facts(),
                evidence=form.cleaned_data["evidence"],
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The certificate was entered."))
            return redirect("certificates")
    status = 422 if form.errors else 200
    return render(request, "accounts/certificate_new.html", {"form": form}, status=status)


@require_safe
@needs(Permission.VIEW_CERTIFICATES)
def certificate_evidence(request: AgencyRequest, pk: int) -> HttpResponse:
    """The file as it was entered, to be saved; the browser opens nothing in the portal's name."""
    certificate = _certificate(pk)
    try:
        data = view_evidence(actor=request.actor, certificate=certificate)
    except MissingFile as error:
        raise Http404 from error
    name = f"certificate-{certificate.pk}.{ENDINGS[certificate.evidence_type]}"
    return HttpResponse(
        data,
        content_type=certificate.evidence_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Robots-Tag": "noindex",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_CERTIFICATES)
def certificate_withdraw(request: AgencyRequest, pk: int) -> HttpResponse:
    certificate = _certificate(pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_certificate(
                actor=request.actor, certificate=certificate, reason=form.cleaned_data["reason"]
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("The certificate was withdrawn."))
            return redirect("certificates")
    context = {"form": form, "certificate": certificate}
    status = 422 if form.errors else 200
    return render(request, "accounts/certificate_withdraw.html", context, status=status)


@require_POST
@needs(Permission.MANAGE_CERTIFICATES)
@fresh
def certificates_require(request: AgencyRequest) -> HttpResponse:
    require_certificates(actor=request.actor, required=request.POST.get("required") == "on")
    return redirect("certificates")
