"""Source registers: the list, one of them with its terms, and the end of one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from accounts.purposes import Purpose
from galleries.forms_retention import is_confirmed
from galleries.forms_sources import RegisterForm, RegisterTermsForm
from galleries.register_list import ending_soon, registers, uses_of
from galleries.services.retention_rules import expiring_at_once
from galleries.services.sources import change_register, retire_register
from portal.paging import page_of
from searches.access import needs
from searches.models import SourceRegister
from searches.services.registers import add_register


@require_safe
@needs(Permission.VIEW_GALLERIES)
def register_list(request: AgencyRequest) -> HttpResponse:
    context = {
        "page": page_of(request, registers()),
        "ending": ending_soon(),
        "today": timezone.localdate(),
    }
    return render(request, "galleries/register_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def register_new(request: AgencyRequest) -> HttpResponse:
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            register = add_register(actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The register was added."))
            return redirect("register", pk=register.pk)
    status = 422 if form.errors else 200
    return render(request, "galleries/register_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_GALLERIES)
def register(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """What it is and what is of it; whoever manages galleries changes its terms here."""
    row = get_object_or_404(SourceRegister.objects.all(), pk=pk)
    form = RegisterTermsForm(request.POST or None, instance=row)
    if request.method == "POST":
        request.actor.require(Permission.MANAGE_GALLERIES)
        if form.is_valid() and _changed(request, row, form):
            return redirect("register", pk=pk)
    status = 422 if form.errors else 200
    return render(request, "galleries/register.html", _about(pk, form), status=status)


def _changed(request: AgencyRequest, row: SourceRegister, form: RegisterTermsForm) -> bool:
    if not is_confirmed(form, expiring_at_once(row, form.terms().retention_days)):
        return False
    try:
        change_register(actor=request.actor, register=row, terms=form.terms())
    except ValidationError as error:
        form.add_error(None, error)
        return False
    messages.success(request, _("The register was changed."))
    return True


def _about(pk: UUID, form: RegisterTermsForm) -> dict[str, Any]:
    shown = SourceRegister.objects.get(pk=pk)  # the form writes what was asked for on its row
    uses = uses_of(shown)
    return {
        "register": shown,
        "form": form,
        "uses": uses,
        "images": sum(use.images for use in uses),
        "purposes": [label for value, label in Purpose.choices if value in shown.purposes],
        "ending": ending_soon().filter(pk=pk).exists(),
        "today": timezone.localdate(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def register_retire(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """It is not taken back, so that the page before it says what it means."""
    row = get_object_or_404(SourceRegister.objects.all(), pk=pk)
    if request.method == "POST":
        retire_register(actor=request.actor, register=row)
        messages.success(request, _("The register takes no more pictures."))
        return redirect("register", pk=pk)
    context = {"register": row, "uses": uses_of(row)}
    return render(request, "galleries/register_retire.html", context)
