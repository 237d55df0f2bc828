"""Drafts of searches: saved while somebody enters one, listed, and thrown away."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.paging import page_of
from searches.access import case_for, draft_for, needs, probe_for
from searches.drafts import Values, entered_for_search, entered_for_upload
from searches.faults import Fault
from searches.models import Case, Probe, SearchDraft
from searches.queries import drafts_of
from searches.services.drafts import discard_draft, save_draft


@require_safe
@needs(Permission.SEARCH)
def drafts(request: AgencyRequest) -> HttpResponse:
    """One's own, the latest first; nothing of it is recorded, as on the first page."""
    page = page_of(request, drafts_of(request.actor))
    return render(request, "searches/draft_list.html", {"page": page})


@require_POST
@needs(Permission.SEARCH)
def probe_draft(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Keep what was entered on the page of a picture."""
    probe = probe_for(request.actor, pk)
    return _saved(request, probe.case, probe, entered_for_search(request.POST))


@require_POST
@needs(Permission.SEARCH)
def probe_new_draft(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Keep what was entered beside a picture that is not uploaded yet."""
    case = case_for(request.actor, pk)
    return _saved(request, case, None, entered_for_upload(request.POST))


def _saved(
    request: AgencyRequest, case: Case, probe: Probe | None, entered: Values
) -> HttpResponse:
    """For htmx the line that says when it was saved; else the first page, where it waits."""
    draft: SearchDraft | None = None
    problem = ""
    try:
        draft = save_draft(
            actor=request.actor,
            case=case,
            probe=probe,
            entered=entered,
            submission_key=_key_in(request.POST.get("submission_key", "")),
        )
    except Fault as fault:
        problem = fault.message
    if request.htmx:
        context = {"draft": draft, "problem": problem}
        return render(request, "searches/_draft_state.html", context)
    if problem:
        messages.error(request, problem)
        return redirect("case", pk=case.pk)
    messages.success(request, _("Saved. You can go on with it here, on any device."))
    return redirect("home")


def _key_in(text: str) -> UUID | None:
    """The submission key of a form; None where somebody sent none."""
    try:
        return UUID(text)
    except ValueError:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.SEARCH)
def draft_discard(request: AgencyRequest, pk: UUID) -> HttpResponse:
    draft = draft_for(request.actor, pk)
    if request.method == "POST":
        discard_draft(actor=request.actor, draft=draft)
        messages.success(request, _("The draft was discarded."))
        return redirect("home")
    return render(request, "searches/draft_discard.html", {"draft": draft})
