"""What the next run removes, its list as a file, a run by hand, and a gallery's rule."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.billing_csv import csv_answer
from accounts.http import AgencyRequest
from accounts.licensing import local_day
from accounts.login.fresh import fresh
from accounts.permissions import Permission
from galleries.due_list import COLUMNS, cells_of, chosen
from galleries.expiring import expired, forecast, removable
from galleries.forms_retention import RuleForm, RunForm, is_confirmed
from galleries.hold_list import holds_that_keep, rows_of
from galleries.services.retention import run_by_hand
from galleries.services.retention_rules import change_retention, expiring_at_once
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches.access import gallery_or_404, needs
from searches.faults import Fault
from searches.models import Gallery

HOLDS_SHOWN = 20


@require_safe
@needs(Permission.ERASE)
def retention(request: AgencyRequest) -> HttpResponse:
    """The preview: what goes with the next run, what stays, what expires soon."""
    today = local_day(timezone.now(), request.agency.time_zone)
    images = chosen(removable(today), request.GET)
    holds = holds_that_keep(expired(today))[:HOLDS_SHOWN]
    context = {
        "forecast": forecast(today, request.agency.time_zone),
        "page": page_of(request, images.order_by("expires_on", "pk"), size=48),
        "holds": rows_of(request.actor, list(holds)),
        "chosen": any(request.GET.get(name) for name in ("gallery", "register")),
    }
    return render(request, "galleries/retention.html", context)


@require_safe
@needs(Permission.ERASE)
def retention_csv(request: AgencyRequest) -> HttpResponse:
    """The list of the preview, with the same choice."""
    today = local_day(timezone.now(), request.agency.time_zone)
    images = chosen(removable(today), request.GET).order_by("expires_on", "pk")
    record(request.actor, Action.RETENTION_LISTED, None, {"rows": images.count()})
    name = f"expiring-{request.agency.slug}-{today.isoformat()}"
    return csv_answer(name, COLUMNS, (cells_of(image) for image in images.iterator()))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.ERASE)
@fresh
def retention_run_now(request: AgencyRequest) -> HttpResponse:
    """Ask once more, then remove what has expired."""
    form = RunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["submission_key"]
        try:
            run = run_by_hand(actor=request.actor, agency=request.agency, submission_key=key)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("retention_run", pk=run.pk)
    today = local_day(timezone.now(), request.agency.time_zone)
    context = {"form": form, "forecast": forecast(today, request.agency.time_zone)}
    status = 422 if form.errors else 200
    return render(request, "galleries/retention_run_now.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def gallery_retention(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Give a gallery another rule."""
    gallery = gallery_or_404(pk)
    form = RuleForm(request.POST or None, initial={"days": gallery.retention_days})
    if request.method == "POST" and form.is_valid():
        at_once = expiring_at_once(gallery, form.cleaned_data["days"])
        if is_confirmed(form, at_once) and _changed(request, gallery, form):
            return redirect("gallery", pk=gallery.pk)
    context = {"form": form, "gallery": gallery}
    status = 422 if form.errors else 200
    return render(request, "galleries/gallery_retention.html", context, status=status)


def _changed(request: AgencyRequest, gallery: Gallery, form: RuleForm) -> bool:
    values = {name: form.cleaned_data[name] for name in ("days", "lengthen", "reason")}
    try:
        changed = change_retention(actor=request.actor, gallery=gallery, **values)
    except Fault as fault:
        form.add_error(None, fault.as_validation_error())
        return False
    messages.success(request, _told(changed))
    return True


def _told(changed: int) -> str:
    if not changed:
        return _("The rule is changed. No picture that is there expires on another day.")
    text = ngettext(
        "The rule is changed. %(n)s picture expires on another day now.",
        "The rule is changed. %(n)s pictures expire on another day now.",
        changed,
    )
    return text % {"n": changed}
