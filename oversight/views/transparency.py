"""Transparency reports inside the agency: making, reading, saving, publishing, withdrawing."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from oversight.faults import FAULTS, Fault
from oversight.forms_transparency import period_form
from oversight.models import TransparencyReport
from oversight.services.transparency import (
    hand_out,
    make_report,
    obstacle,
    publish_report,
    withdraw_report,
)
from oversight.transparency import files, showing
from oversight.transparency.annual import FORMS
from oversight.transparency.making import INTERNAL, PUBLIC
from portal.paging import page_of

HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Robots-Tag": "noindex"}


def report_or_404(pk: UUID) -> TransparencyReport:
    return get_object_or_404(TransparencyReport.objects.all(), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_TRANSPARENCY)
def transparency(request: AgencyRequest) -> HttpResponse:
    """The reports so far, and a form to make another one."""
    posted = request.POST if request.method == "POST" else None
    form = period_form(request.agency, posted)
    if posted is not None and form.is_valid():
        try:
            report = make_report(actor=request.actor, period=form.chosen())
        except Fault as fault:
            form.add_error("period", fault.as_validation_error())
        else:
            return redirect("transparency_report", pk=report.pk)
    reports = page_of(request, TransparencyReport.objects.all())
    rows = [(report, showing.period_name(report.period)) for report in reports]
    context = {"form": form, "page": reports, "rows": rows}
    return render(
        request, "oversight/transparency/list.html", context, status=422 if form.errors else 200
    )


@require_safe
@needs(Permission.VIEW_TRANSPARENCY)
def transparency_report(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """In full for readers of the record, else as the public would see it."""
    report = report_or_404(pk)
    audience = INTERNAL if request.actor.can(Permission.VIEW_RECORD) else PUBLIC
    document = showing.parsed(files.document_text(report, audience))
    code = "" if report.is_public else obstacle(report)
    context = page_context(report, document) | {
        "internal": audience == INTERNAL,
        "obstacle": FAULTS.get(code, ""),
        "forms": FORMS,
    }
    return render(request, "oversight/transparency/report.html", context)


def page_context(report: TransparencyReport, document: dict[str, object]) -> dict[str, object]:
    """What a page of a report shows, inside and for the public."""
    return {
        "report": report,
        "document": document,
        "period": showing.period_name(report.period),
        "about": files.about(document),
        "tables": showing.tables(document),
        "checks": showing.checks(document),
        "differs": showing.differs(document),
        "head": files.head(document),
        "recount": files.recount_text(document),
    }


def language_asked(request: AgencyRequest) -> str:
    asked = request.GET.get("lang") or get_language() or ""
    return asked if asked in files.LANGUAGES else files.LANGUAGES[0]


@require_safe
@needs(Permission.VIEW_TRANSPARENCY)
def transparency_file(request: AgencyRequest, pk: UUID, audience: str, kind: str) -> HttpResponse:
    """A file of the report to save; ?lang= chooses the language of the PDF."""
    report = report_or_404(pk)
    if kind not in files.TYPES or audience not in (PUBLIC, INTERNAL):
        raise Http404
    if audience == INTERNAL:
        request.actor.require(Permission.VIEW_RECORD)
    data = files.file_of(report, kind, audience, language_asked(request))
    hand_out(actor=request.actor, report=report, file=kind, audience=audience, data=data)
    name = files.file_name(report, kind, audience, request.agency.slug)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=files.TYPES[kind], headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.PUBLISH_TRANSPARENCY)
def transparency_publish(request: AgencyRequest, pk: UUID) -> HttpResponse:
    report = report_or_404(pk)
    if request.method != "POST":
        return _confirm(request, report, "publish", obstacle(report))
    try:
        publish_report(actor=request.actor, report=report)
    except Fault as fault:
        return _confirm(request, report, "publish", fault.code)
    messages.success(request, _("The report is published."))
    return redirect("transparency_report", pk=report.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.PUBLISH_TRANSPARENCY)
def transparency_withdraw(request: AgencyRequest, pk: UUID) -> HttpResponse:
    report = report_or_404(pk)
    if request.method != "POST":
        code = "" if report.is_public else "transparency_not_published"
        return _confirm(request, report, "withdraw", code)
    try:
        withdraw_report(actor=request.actor, report=report)
    except Fault as fault:
        return _confirm(request, report, "withdraw", fault.code)
    messages.success(request, _("The report is not public any more."))
    return redirect("transparency_report", pk=report.pk)


def _confirm(
    request: AgencyRequest, report: TransparencyReport, act: str, code: str
) -> HttpResponse:
    context = {
        "report": report,
        "period": showing.period_name(report.period),
        "fault": Fault(code) if code else None,
    }
    page = f"oversight/transparency/{act}.html"
    return render(request, page, context, status=409 if code else 200)
