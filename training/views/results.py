"""What supervisors and admins see of exercises, and the rules that an admin sets."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from training.forms import RulesForm
from training.queries import ended_exercises, rules_in_force, scores_of
from training.services.rules import change_rules


@require_safe
@needs(Permission.VIEW_PROFICIENCY)
def exercise_results(request: AgencyRequest) -> HttpResponse:
    """Everybody's exercises that are over, the latest first."""
    person = request.GET.get("person", "").strip()
    rows = ended_exercises().filter(person_label__icontains=person)
    page = page_of(request, rows)
    scores = scores_of(page)
    record(request.actor, Action.EXERCISES_LISTED, data={"rows": len(page)})
    context = {
        "page": page,
        "rows": [(one, scores[one.pk]) for one in page],
        "person": person,
    }
    return render(request, "training/results.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_CERTIFICATES)
@fresh
def proficiency_rules(request: AgencyRequest) -> HttpResponse:
    form = RulesForm(request.POST or None, instance=rules_in_force())
    if request.method == "POST" and form.is_valid():
        change_rules(actor=request.actor, values=form.values())
        messages.success(request, _("The rules are saved. Exercises begun before keep theirs."))
        return redirect("proficiency_rules")
    status = 422 if form.errors else 200
    return render(request, "training/rules.html", {"form": form}, status=status)
