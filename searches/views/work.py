"""My work: what waits for the person who is logged in."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from portal.paging import page_of
from searches.work_page import kinds_of, sections_of


@require_safe
def work(request: AgencyRequest) -> HttpResponse:
    """Everybody may look; whoever has nothing to decide, examine or search is told so."""
    return render(request, "searches/work.html", {"sections": sections_of(request.actor)})


@require_safe
def work_section(request: AgencyRequest, section: str) -> HttpResponse:
    """All of one kind of work, page by page."""
    kind = next((one for one in kinds_of(request.actor) if one.name == section), None)
    if kind is None:
        raise Http404
    page = page_of(request, kind.rows(request.actor))
    tasks = [kind.task(row) for row in page]
    return render(
        request, "searches/work_section.html", {"kind": kind, "page": page, "tasks": tasks}
    )
