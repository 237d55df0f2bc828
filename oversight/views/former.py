"""The record from before the agency came here: what it is, its entries, and the file of it."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.models import FormerRecord
from accounts.permissions import Permission
from oversight.blindness import hidden_from
from oversight.former_record import AT_ONCE, entries_from
from oversight.services.exporting import export_former
from oversight.views.export import export_answer
from portal.audit.actions import Action
from portal.audit.recorder import record


@require_safe
@needs(Permission.VIEW_RECORD)
def former_records(request: AgencyRequest) -> HttpResponse:
    """The closed chains that the agency brought along: one for each time that it moved."""
    context = {"formers": FormerRecord.objects.all()}
    return render(request, "oversight/former_records.html", context)


@require_safe
@needs(Permission.VIEW_RECORD)
def former_record(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Some entries in the order of the chain, from the one with the number that is asked for.

    Of a closed chain nothing is left out for one person: who must not see all of it sees none.
    """
    former = get_object_or_404(FormerRecord.objects.all(), pk=pk)
    asked = request.GET.get("from", "")
    first = int(asked) if asked.isdecimal() and len(asked) < 16 else 1
    context: dict[str, Any] = {"former": former, "blind": hidden_from(request.actor) is not None}
    if not context["blind"]:
        rows = entries_from(former, first)
        record(request.actor, Action.RECORD_FORMER_VIEWED, former, {"first": first})
        context |= {"rows": rows, "earlier": max(1, first - AT_ONCE) if first > 1 else None}
        context["later"] = first + AT_ONCE if first + AT_ONCE <= former.entries else None
    return render(request, "oversight/former_record.html", context)


@require_POST
@needs(Permission.VIEW_RECORD)
@fresh
def former_record_file(request: AgencyRequest, pk: UUID) -> HttpResponseBase:
    """The file as the former installation wrote it; candor_verify.py is in it."""
    former = get_object_or_404(FormerRecord.objects.all(), pk=pk)
    if hidden_from(request.actor) is not None:
        raise PermissionDenied("blind")
    return export_answer(request.agency, export_former(actor=request.actor, former=former))
