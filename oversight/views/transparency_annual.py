"""Annual forms, filled from a transparency report as the public may see it."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from oversight.models import PeriodKind
from oversight.services.transparency import hand_out, obstacle
from oversight.transparency import showing
from oversight.transparency.annual import CHECK, FORMS, AnnualForm
from oversight.transparency.annual_pdf import form_pdf
from oversight.transparency.making import PUBLIC
from oversight.views.transparency import HEADERS, language_asked, report_or_404


def _form(name: str) -> AnnualForm:
    if name not in FORMS:
        raise Http404
    return FORMS[name]


@require_safe
@needs(Permission.VIEW_TRANSPARENCY)
def transparency_form(request: AgencyRequest, pk: UUID, name: str) -> HttpResponse:
    report, form = report_or_404(pk), _form(name)
    document = showing.parsed(report.public_document)
    context = {
        "report": report,
        "form": form,
        "name": name,
        "check": CHECK,
        "parts": form.parts(document),
        "period": showing.period_name(report.period),
        "is_year": report.kind == PeriodKind.YEAR,
        "overlaps": obstacle(report) == "transparency_period_overlaps",
    }
    return render(request, "oversight/transparency/form.html", context)


@require_safe
@needs(Permission.VIEW_TRANSPARENCY)
def transparency_form_file(request: AgencyRequest, pk: UUID, name: str) -> HttpResponse:
    report, form = report_or_404(pk), _form(name)
    data = form_pdf(form, showing.parsed(report.public_document), language_asked(request))
    hand_out(actor=request.actor, report=report, file=name, audience=PUBLIC, data=data)
    file = f"{name}-{request.agency.slug}-{report.period.name.replace('/', '-to-')}.pdf"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{file}"'}
    return HttpResponse(data, content_type="application/pdf", headers=headers)
