"""The documents about a concluded search, to save."""

from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from searches.access import needs, search_for
from searches.documents.report import LANGUAGES
from searches.faults import Fault
from searches.models import Search
from searches.services.disclosing import make_bundle, make_report

HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Robots-Tag": "noindex"}


@require_safe
@needs(Permission.VIEW_CANDIDATES)
def search_report(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The report; ?lang= chooses its language, else it is the reader's."""
    search = search_for(request.actor, pk)
    asked = request.GET.get("lang") or get_language() or ""
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    try:
        data = make_report(actor=request.actor, search=search, language=language)
    except Fault as fault:
        return _none(request, search, fault)
    name = f"report-{search.pk}-{language}.pdf"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type="application/pdf", headers=headers)


@require_POST
@needs(Permission.DISCLOSE)
def search_bundle(request: AgencyRequest, pk: UUID) -> HttpResponseBase:
    """The disclosure bundle."""
    search = search_for(request.actor, pk)
    try:
        data = make_bundle(actor=request.actor, search=search)
    except Fault as fault:
        return _none(request, search, fault)
    name = f"disclosure-{search.pk}.zip"
    return FileResponse(
        data, as_attachment=True, filename=name, content_type="application/zip", headers=HEADERS
    )


def _none(request: AgencyRequest, search: Search, fault: Fault) -> HttpResponse:
    context = {"search": search, "fault": fault}
    return render(request, "searches/no_document.html", context, status=409)
