"""The record as a file that somebody can check without Candor."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.models import Agency
from accounts.permissions import Permission
from oversight.blindness import is_blind
from oversight.record_form import RecordForm
from oversight.record_query import chosen_by
from oversight.services.exporting import export_record


class ExportForm(RecordForm):
    """The filters of the record, and whether what people wrote comes along."""

    contents = forms.BooleanField(
        label=_("With what people wrote: reasons, facts and notes"), required=False
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_RECORD)
@fresh
def record_export(request: AgencyRequest) -> HttpResponseBase:
    """The page; the filters of the list come with its address. POST gives the file."""
    is_post = request.method == "POST"
    form = ExportForm(request.POST) if is_post else ExportForm(initial=_asked(request))
    if not (is_post and form.is_valid()):
        context = {"form": form, "blind": is_blind(request.actor)}
        status = 422 if is_post else 200
        return render(request, "oversight/record_export.html", context, status=status)
    values = form.cleaned_data
    parts = export_record(
        actor=request.actor,
        chosen=chosen_by(values) if form.given() else None,
        filters=form.given(),
        case=values["case"],
        with_contents=values["contents"],
    )
    return export_answer(request.agency, parts)


def export_answer(agency: Agency, parts: Iterable[bytes]) -> StreamingHttpResponse:
    """The file, sent while it is written."""
    name = f"record-{agency.slug}-{timezone.localdate():%Y-%m-%d}.zip"
    response = StreamingHttpResponse(parts, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _asked(request: AgencyRequest) -> dict[str, Any]:
    return {name: request.GET[name] for name in ExportForm.base_fields if name in request.GET}
