"""The page that leads a learner, and what it offers to practise with."""

from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import View, needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.paging import page_of
from portal.storage import MissingFile
from searches.access import search_for
from searches.faults import Fault
from training.access import may_exercise
from training.journey import journeys_of
from training.queries import (
    ATTEMPTS_WITHIN,
    begun_lately,
    exercises_of,
    offered_pictures,
    open_exercise_of,
    rules_in_force,
    scores_of,
)
from training.services.practice import download_picture, examine_for_practice, join_example


@require_safe
def training(request: AgencyRequest) -> HttpResponse:
    """In a sandbox the steps; everywhere the exercises, for whom they concern."""
    actor = request.actor
    exercising, sandbox = may_exercise(actor), request.agency.is_sandbox
    concerned = (Permission.VIEW_PROFICIENCY, Permission.MANAGE_CERTIFICATES)
    if not (exercising or sandbox or any(actor.can(right) for right in concerned)):
        raise PermissionDenied("training")
    context: dict[str, object] = {"exercising": exercising, "rules": rules_in_force()}
    if sandbox:
        context |= {"journeys": journeys_of(actor), "pictures": offered_pictures()}
    if exercising:
        context |= _own_exercises(request)
    return render(request, "training/training.html", context)


def _own_exercises(request: AgencyRequest) -> dict[str, object]:
    person = request.actor.user_id or 0
    page = page_of(request, exercises_of(person).filter(ended_at__isnull=False))
    scores = scores_of(page)
    left = rules_in_force().attempts - begun_lately(person)
    return {
        "page": page,
        "rows": [(one, scores[one.pk]) for one in page],
        "open_exercise": open_exercise_of(person),
        "left": max(left, 0),
        "days": ATTEMPTS_WITHIN.days,
    }


def in_a_sandbox(view: View) -> View:
    """A view that no other agency has: 404 there."""

    @wraps(view)
    def guarded(request: AgencyRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.agency.is_sandbox:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_POST
@in_a_sandbox
def practice_example(request: AgencyRequest) -> HttpResponse:
    """Make the learner a member of the example, and show it."""
    case = join_example(actor=request.actor)
    if case is None:
        raise Http404
    return redirect("case", pk=case.pk)


@require_safe
@in_a_sandbox
@needs(Permission.SEARCH)
def practice_picture(request: AgencyRequest, number: int) -> HttpResponse:
    picture = get_object_or_404(offered_pictures(), number=number)
    try:
        data = download_picture(actor=request.actor, picture=picture)
    except MissingFile as error:
        raise Http404 from error
    name = f"practice-{number}.jpg"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Robots-Tag": "noindex"}
    return HttpResponse(data, content_type="image/jpeg", headers=headers)


@require_POST
@in_a_sandbox
@needs(Permission.SEARCH)
def practice_examine(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Have the made-up examiners do their part of one's own search."""
    search = search_for(request.actor, pk)
    try:
        examine_for_practice(actor=request.actor, search=search)
    except Fault as fault:
        messages.error(request, fault.message)
    else:
        messages.success(request, _("The made-up examiners have examined your search."))
    return redirect("training")
