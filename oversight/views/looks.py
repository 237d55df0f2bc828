"""Who looked at a case, a search or a subject."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from oversight.blindness import is_blind
from oversight.looks import KINDS, MOST, by_person, looks_at, thing_for
from oversight.record_page import rows_of
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import Case, Search, Subject


@require_safe
@needs(Permission.VIEW_LOOKS)
def looked(request: AgencyRequest, kind: str, pk: UUID) -> HttpResponse:
    if kind not in KINDS:
        raise Http404
    thing = thing_for(request.actor, kind, pk)
    entries = list(looks_at(request.actor, thing)[: MOST + 1])
    record(request.actor, Action.LOOKS_VIEWED, thing)
    context = {
        "kind": kind,
        "title": _title(thing),
        "address": reverse(kind, args=[pk]),
        "people": by_person(entries[:MOST]),
        "rows": rows_of(entries[:MOST])[:200],
        "count": min(len(entries), MOST),
        "more": len(entries) > MOST,
        "blind": is_blind(request.actor),
    }
    return render(request, "oversight/looked.html", context)


def _title(thing: Case | Search | Subject) -> str:
    if isinstance(thing, Subject):
        return str(thing.reference)
    return str(thing.case.number if isinstance(thing, Search) else thing.number)
