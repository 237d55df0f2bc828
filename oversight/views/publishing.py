"""Where the signed heads of the agency's record go."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.forms_publishing import DestinationForm
from oversight.models import Delivery, Destination
from oversight.services.destinations import add_destination, remove_destination
from portal.audit.models import Checkpoint
from portal.paging import page_of
from portal.signing import public_key_text


def _page(request: AgencyRequest, form: DestinationForm, status: int = 200) -> HttpResponse:
    recent = Delivery.objects.order_by("-checkpoint")
    places = Destination.objects.filter(removed_at=None).prefetch_related(
        Prefetch("deliveries", recent, to_attr="recent")
    )
    heads = Checkpoint.objects.filter(agency_id=request.actor.agency).order_by("-number")
    context = {
        "form": form,
        "places": [(place, place.recent[0] if place.recent else None) for place in places],
        "page": page_of(request, heads),
        "public_key": public_key_text(),
    }
    return render(request, "oversight/publishing.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.PUBLISH_RECORD)
@fresh
def publishing(request: AgencyRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, DestinationForm())
    form = DestinationForm(request.POST)
    if form.is_valid():
        try:
            add_destination(actor=request.actor, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            messages.success(request, _("Signed heads are published there from now on."))
            return redirect("publishing")
    return _page(request, form, 422)


@require_POST
@needs(Permission.PUBLISH_RECORD)
@fresh
def destination_remove(request: AgencyRequest, pk: UUID) -> HttpResponse:
    place = get_object_or_404(Destination, pk=pk)
    remove_destination(actor=request.actor, destination=place)
    messages.success(request, _("Nothing is published there any more."))
    return redirect("publishing")
