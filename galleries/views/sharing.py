"""The owner's pages: granting another agency search in a gallery, its uses, and revoking it."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AgencyRequest
from accounts.licensing import local_day
from accounts.permissions import Permission
from galleries.forms_sharing import GrantForm, OriginForm, ReasonForm
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches.access import gallery_or_404, needs
from searches.faults import Fault
from searches.grant_queries import for_owner
from searches.models import GalleryGrant
from searches.services.granting import offer_grant, revoke_grant
from searches.services.origins import resolve_origin

# The field at which a refusal is shown.
FIELD_OF = {
    "grant_agency_missing": "agency",
    "grant_to_own_agency": "agency",
    "grant_purposes_missing": "purposes",
    "grant_purpose_not_of_source": "purposes",
    "grant_period_out_of_range": "ends_on",
    "grant_searches_out_of_range": "searches",
    "grant_agreement_missing": "agreement",
    "reason_too_short": "reason",
}


def _today(request: AgencyRequest) -> date:
    return local_day(timezone.now(), request.agency.time_zone)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def gallery_grants(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """To whom this gallery is granted, and the form that grants it to another agency."""
    gallery = gallery_or_404(pk)
    form = GrantForm(_today(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            offer_grant(actor=request.actor, gallery=gallery, granted=form.granted())
        except Fault as fault:
            form.add_error(FIELD_OF.get(fault.code), fault.as_validation_error())
        else:
            text = _("If there is such an agency, its administrators are asked by e-mail now.")
            messages.success(request, text)
            return redirect("gallery_grants", pk=gallery.pk)
    page = page_of(request, gallery.grants.select_related("gallery"))
    context = {
        "gallery": gallery,
        "form": form,
        "page": page,
        "grants": for_owner(page, _today(request)),
    }
    status = 422 if form.errors else 200
    return render(request, "galleries/sharing/grants.html", context, status=status)


@require_safe
@needs(Permission.MANAGE_GALLERIES)
def gallery_grant(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The terms of one grant, and every search that was done by it."""
    row = _grant_or_404(pk)
    record(request.actor, Action.GRANT_VIEWED, row, {"gallery": str(row.gallery_id)})
    (grant,) = for_owner([row], _today(request))
    context = {"grant": grant, "page": page_of(request, row.uses.all())}
    return render(request, "galleries/sharing/grant.html", context)


def _grant_or_404(pk: UUID) -> GalleryGrant:
    found: GalleryGrant = get_object_or_404(GalleryGrant.objects.select_related("gallery"), pk=pk)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def gallery_grant_revoke(request: AgencyRequest, pk: UUID) -> HttpResponse:
    row = _grant_or_404(pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            revoke_grant(actor=request.actor, grant=row, reason=form.cleaned_data["reason"])
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(
                request, _("The grant is revoked. Nothing is searched by it any more.")
            )
            return redirect("gallery_grant", pk=row.pk)
    (grant,) = for_owner([row], _today(request))
    status = 422 if form.errors else 200
    context = {"grant": grant, "form": form}
    return render(request, "galleries/sharing/revoke.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_GALLERIES)
def origin(request: AgencyRequest) -> HttpResponse:
    """The subject that another agency's candidate is, from the code that it hands over."""
    form = OriginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            subject = resolve_origin(actor=request.actor, code=form.cleaned_data["code"])
        except Fault as fault:
            form.add_error("code", fault.as_validation_error())
        else:
            return redirect("subject", pk=subject.pk)
    status = 422 if form.errors else 200
    return render(request, "galleries/sharing/origin.html", {"form": form}, status=status)
