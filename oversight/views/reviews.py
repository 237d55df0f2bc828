"""The weekly review: the weeks with their state, one week in numbers, and signing it."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.models import Agency
from accounts.permissions import Permission
from oversight.blindness import is_blind
from oversight.faults import Fault
from oversight.models import Finding
from oversight.services.reviewing import has_other_auditor, sign_week
from oversight.week_summary import summary_of
from oversight.weeks import finished_weeks, running_week, weeks_with_state
from portal.audit.actions import Action
from portal.audit.recorder import record

A_YEAR = 53  # weeks on a page


class SignForm(forms.Form):
    looked = forms.BooleanField(
        label=_("I have looked through the record of this week."),
        error_messages={"required": _("Sign only what you have looked through.")},
    )
    finding = forms.ChoiceField(
        label=_("What stays open"), choices=Finding.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Sealed with your agency’s key. It cannot be changed afterwards."),
    )


@require_safe
@needs(Permission.REVIEW_RECORD)
def review_list(request: AgencyRequest) -> HttpResponse:
    page = Paginator(finished_weeks(request.agency), A_YEAR).get_page(request.GET.get("page"))
    weeks = weeks_with_state(request.agency, list(page))
    context = {"page": page, "weeks": weeks, "running": running_week(request.agency).isoformat()}
    return render(request, "oversight/reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.REVIEW_RECORD)
def review(request: AgencyRequest, week: str) -> HttpResponse:
    monday = monday_or_404(request.agency, week)
    if request.method != "POST":
        return _page(request, monday, SignForm())
    form = SignForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        finding = Finding(values["finding"])
        try:
            sign_week(actor=request.actor, week=monday, finding=finding, note=values["note"])
        except Fault as fault:
            field = "note" if fault.code == "review_without_note" else None
            form.add_error(field, fault.as_validation_error())
        else:
            messages.success(request, _("The week is signed."))
            return redirect("reviews")
    return _page(request, monday, form, 422)


def _page(request: AgencyRequest, monday: date, form: SignForm, status: int = 200) -> HttpResponse:
    week = weeks_with_state(request.agency, [monday])[0]
    record(request.actor, Action.RECORD_REVIEW_VIEWED, data={"week": week.name})
    context: dict[str, Any] = {
        "week": week,
        "is_over": monday < running_week(request.agency),
        "summary": summary_of(request.actor, request.agency, monday),
        "form": form,
        "other_auditor": has_other_auditor(request.actor),
        "blind": is_blind(request.actor),
    }
    return render(request, "oversight/review.html", context, status=status)


def monday_or_404(agency: Agency, week: str) -> date:
    """A week of the agency, the running one too, by its Monday; everything else is 404."""
    try:
        monday = date.fromisoformat(week)
    except ValueError as error:
        raise Http404 from error
    if week != monday.isoformat():
        raise Http404
    if monday not in [running_week(agency), *finished_weeks(agency)]:
        raise Http404
    return monday
