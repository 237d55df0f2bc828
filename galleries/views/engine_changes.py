"""Changes of engine of a gallery: their list, the start, the progress, and what is asked for."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.engine_change_page import change_context, change_or_404, next_switch
from galleries.engine_change_queries import offers, rejections
from galleries.forms_engine_changes import PaceForm, StartForm, SwitchForm
from galleries.models import ChangeStage, EngineChange
from galleries.services.engine_changes import (
    ask_switch,
    end_change,
    pace_change,
    retry_rejected,
    start_change,
)
from portal.paging import page_of
from searches.access import gallery_or_404, needs
from searches.faults import Fault, message_of

PAGES = "galleries/engine"


@require_safe
@needs(Permission.MANAGE_GALLERIES)
def change_list(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    changes = gallery.engine_changes.select_related("from_contract", "to_contract")
    page = page_of(request, changes)
    is_open = any(not change.is_over for change in page)
    context = {"gallery": gallery, "page": page, "is_open": is_open}
    return render(request, f"{PAGES}/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def change_new(request: AgencyRequest, pk: UUID) -> HttpResponse:
    gallery = gallery_or_404(pk)
    found = offers(gallery)
    form = StartForm(found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            change = start_change(
                actor=request.actor,
                gallery=gallery,
                contract_id=form.cleaned_data["contract"],
                throttle=form.cleaned_data["throttle"],
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("engine_change", pk=change.pk)
    can_start = any(offer.can_be_chosen for offer in found) and gallery.contract_id is not None
    context = {"gallery": gallery, "form": form, "offers": found, "can_start": can_start}
    context |= {"chosen": form["contract"].value()}
    return render(request, f"{PAGES}/new.html", context, status=422 if form.errors else 200)


@require_safe
@needs(Permission.MANAGE_GALLERIES)
def change_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    change = change_or_404(pk)
    name = "_progress.html" if request.htmx else "change.html"
    response = render(request, f"{PAGES}/{name}", change_context(change))
    if request.htmx and not change.is_working:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@needs(Permission.MANAGE_GALLERIES)
def change_pace(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Pause, go on, or change the throttle."""
    change = change_or_404(pk)
    form = PaceForm(request.POST)
    if not form.is_valid():
        context = change_context(change, pace=form)
        return render(request, f"{PAGES}/change.html", context, status=422)
    throttle, paused = form.cleaned_data["throttle"], request.POST.get("act") == "pause"
    return _done(
        request,
        change,
        lambda: pace_change(actor=request.actor, change=change, paused=paused, throttle=throttle),
    )


@require_POST
@needs(Permission.MANAGE_GALLERIES)
def change_retry(request: AgencyRequest, pk: UUID) -> HttpResponse:
    change = change_or_404(pk)
    return _done(request, change, lambda: retry_rejected(actor=request.actor, change=change))


def _done(
    request: AgencyRequest, change: EngineChange, act: Callable[[], EngineChange]
) -> HttpResponse:
    try:
        act()
    except Fault as fault:
        messages.error(request, fault.message)
    return redirect("engine_change", pk=change.pk)


@require_safe
@needs(Permission.MANAGE_GALLERIES)
def rejected(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The pictures that the new engine rejects, each with its code."""
    change = change_or_404(pk)
    page = page_of(request, rejections(change, change.to_contract), size=48)
    rows = [(row, message_of(row.code)) for row in page]
    context = {"change": change, "gallery": change.gallery, "page": page, "rows": rows}
    context["can_retry"] = change.stage in (ChangeStage.EMBEDDING, ChangeStage.READY)
    return render(request, f"{PAGES}/rejected.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def change_switch(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Cut over or roll back, once the person has seen what it means."""
    change = change_or_404(pk)
    to, lost = next_switch(change), rejections(change).count()
    form = SwitchForm(lost, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_switch(actor=request.actor, change=change, to=to, accepted_losses=form.accepted)
        except Fault as fault:
            field = "losses" if fault.code == "losses_not_accepted" and form.fields else None
            form.add_error(field, fault.as_validation_error())
        else:
            return redirect("engine_change", pk=change.pk)
    context = {"change": change, "gallery": change.gallery, "form": form, "to": to, "lost": lost}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, f"{PAGES}/switch.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def change_end(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Give the change up, or finish it: the templates of the other engine are removed."""
    change = change_or_404(pk)
    fault = None
    if request.method == "POST":
        try:
            end_change(actor=request.actor, change=change)
        except Fault as refused:
            fault = refused
        else:
            return redirect("engine_change", pk=change.pk)
    context = {"change": change, "gallery": change.gallery, "fault": fault}
    context["removes"] = change.stage == ChangeStage.CUT_OVER
    return render(request, f"{PAGES}/end.html", context, status=422 if fault else 200)
