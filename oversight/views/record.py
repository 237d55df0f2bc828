"""The agency's record: the list with its filters, and one entry with everything it says."""

import logging
from datetime import UTC
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from oversight.action_words import words_of
from oversight.blindness import is_blind
from oversight.looks import KINDS
from oversight.record_form import LogForm
from oversight.record_page import address_of, chips_of, data_rows, kind_words, rows_of
from oversight.record_query import entries_for, page_of_record
from portal.audit.actions import Action
from portal.audit.contents import read_content
from portal.audit.models import AuditEntry, AuditLink, Checkpoint
from portal.audit.outcomes import Outcome
from portal.audit.recorder import record
from portal.keys import KeyProblem

logger = logging.getLogger(__name__)
PAGE = "oversight/record.html"


@require_safe
@needs(Permission.VIEW_RECORD)
def record_list(request: AgencyRequest) -> HttpResponse:
    """Opening it is recorded with the names of the filters; their values may be people."""
    form = LogForm(request.GET)
    if not form.is_valid():
        return render(request, PAGE, {"form": form, "filtered": True}, status=422)
    values = form.cleaned_data
    page = page_of_record(request.actor, values, before=values["before"], after=values["after"])
    rows = rows_of(page.entries)
    record(request.actor, Action.RECORD_VIEWED, data={"filters": form.given()})
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "chips": chips_of(form),
        "filtered": bool(form.given()),
        "blind": is_blind(request.actor),
    }
    return render(request, PAGE, context)


@require_safe
@needs(Permission.VIEW_RECORD)
def record_entry(request: AgencyRequest, pk: int) -> HttpResponse:
    """All of one entry. That its content was read is an entry too."""
    entry = entries_for(request.actor).filter(pk=pk).first() if pk < 2**63 else None
    if entry is None:
        raise Http404
    content, is_wrong = content_of(entry)
    facts: dict[str, Any] = {"entry": entry.pk, "content": bool(content)}
    facts |= {"case": entry.case_id} if entry.case_id else {}
    record(request.actor, Action.RECORD_ENTRY_VIEWED, data=facts)
    link = AuditLink.objects.filter(entry_id=entry.pk, agency_id=entry.agency_id).first()
    context = {
        "entry": entry,
        "words": words_of(entry.action),
        "outcome": dict(Outcome.choices).get(entry.outcome, ""),
        "utc": entry.at.astimezone(UTC),
        "kind": kind_words(entry.subject_type),
        "address": address_of(request.actor, entry.subject_type, entry.subject_id),
        "case_address": address_of(request.actor, "case", entry.case_id),
        "lookable": entry.subject_type in KINDS,
        "data": data_rows(entry.data),
        "content": content,
        "is_wrong": is_wrong,
        "link": link,
        "checkpoint": checkpoint_over(link),
    }
    return render(request, "oversight/record_entry.html", context)


def content_of(entry: AuditEntry) -> tuple[dict[str, Any] | None, bool]:
    """What was written, and whether it is something else than what was recorded."""
    try:
        return read_content(entry), False
    except KeyProblem:
        logger.error("The content of entry %s is not what was recorded", entry.pk)
        return {}, True


def checkpoint_over(link: AuditLink | None) -> Checkpoint | None:
    """The first signed head that closes over the link."""
    if link is None:
        return None
    later = Checkpoint.objects.filter(agency_id=link.agency_id, entries__gte=link.number)
    return later.order_by("number").first()
