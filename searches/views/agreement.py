"""How far the examiners agree: for supervisors and auditors."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import needs
from searches.agreement import agreement_between
from searches.agreement_charts import agreement_chart, turnaround_chart
from searches.agreement_months import MIN_SEARCHES
from searches.forms_agreement import PeriodForm
from searches.kappa import MIN_DISTRACTORS, MIN_PAIRS
from searches.models import Disposition, Outcome


@require_safe
@needs(Permission.VIEW_STATISTICS)
def agreement(request: AgencyRequest) -> HttpResponse:
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return render(request, "searches/agreement.html", {"form": form}, status=422)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    found = agreement_between(first, last)
    days = {"from": first.isoformat() if first else "", "to": last.isoformat() if last else ""}
    record(request.actor, Action.AGREEMENT_VIEWED, data=days)
    context = {
        "form": form,
        "found": found,
        "rows": list(zip(Disposition.labels, found.table, strict=True)),
        "decisions": Disposition.labels,
        "outcomes": [(label, found.adjudicated[name]) for name, label in Outcome.choices],
        "min_pairs": MIN_PAIRS,
        "min_distractors": MIN_DISTRACTORS,
        "by_month": agreement_chart(first, last),
        "turnaround": turnaround_chart(first, last),
        "min_searches": MIN_SEARCHES,
    }
    return render(request, "searches/agreement.html", context)
