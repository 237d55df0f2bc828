"""Published transparency reports, for everybody: without log-in, cookies or names of people.

A reader's own session plays no part: what is shown is looked up in the scope of the one agency
that the address names, and only what it has published.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal.ratelimit import consume
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from accounts.access import agency_by_slug
from accounts.models import Agency, AgencyState
from oversight.models import TransparencyReport
from oversight.transparency import files, showing
from oversight.transparency.making import PUBLIC
from oversight.views.transparency import page_context
from portal.tenancy import scope

SECONDS = 300
View = Callable[..., HttpResponse]


def _public(view: View) -> View:
    """A page for everybody: rate-limited, kept by caches, in the language that ?lang= names."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not consume(request, app="allauth.account", action="public", limit_get=True):
            return _answer(request, "limited", 429)
        asked = request.GET.get("lang") or translation.get_language() or ""
        language = asked if asked in files.LANGUAGES else files.LANGUAGES[0]
        with translation.override(language):
            response = view(request, *args, language=language, **kwargs)
        kept = f"public, max-age={SECONDS}" if response.status_code == 200 else "no-store"
        response["Cache-Control"] = kept
        return response

    return require_safe(login_not_required(guarded))


def _answer(request: HttpRequest, name: str, status: int) -> HttpResponse:
    return render(request, f"oversight/public/{name}.html", status=status)


def _published(slug: str) -> tuple[Agency | None, list[TransparencyReport]]:
    """The agency and its public reports; nothing of an agency that is closed."""
    agency = agency_by_slug(slug)
    if agency is None or agency.state == AgencyState.CLOSED:
        return None, []
    with scope(agency.pk):
        shown = TransparencyReport.objects.filter(published_at__isnull=False, withdrawn_at=None)
        # What is for the agency alone is not even read.
        return agency, list(shown.defer("document", "signature", "made_by_label"))


def _one(slug: str, name: str) -> tuple[Agency | None, TransparencyReport | None]:
    agency, reports = _published(slug)
    return agency, next((one for one in reports if one.period.name == name), None)


@_public
def public_transparency(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    agency, reports = _published(slug)
    if not reports:
        return _answer(request, "nothing", 404)
    rows = [(report, showing.period_name(report.period)) for report in reports]
    context = {"of": agency, "rows": rows, "language": language}
    return render(request, "oversight/public/transparency.html", context)


@_public
def public_transparency_report(
    request: HttpRequest, slug: str, name: str, language: str
) -> HttpResponse:
    agency, report = _one(slug, name)
    if report is None:
        return _answer(request, "nothing", 404)
    document = showing.parsed(report.public_document)
    context = page_context(report, document) | {"of": agency, "language": language}
    return render(request, "oversight/public/transparency_report.html", context)


@_public
def public_transparency_file(
    request: HttpRequest, slug: str, name: str, kind: str, language: str
) -> HttpResponse:
    agency, report = _one(slug, name)
    if agency is None or report is None or kind not in files.TYPES:
        return _answer(request, "nothing", 404)
    data = files.file_of(report, kind, PUBLIC, language)
    file = files.file_name(report, kind, PUBLIC, agency.slug)
    headers = {
        "Content-Disposition": f'attachment; filename="{file}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(data, content_type=files.TYPES[kind], headers=headers)
