"""An exercise: pair after pair, and its result once every pair is answered."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AgencyRequest
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import Disposition
from searches.views.pictures import jpeg_response
from training.access import exercise_for, next_position, pair_for, require_exercising
from training.faces import left_picture, padded_jpeg, right_picture
from training.models import Exercise
from training.queries import answered_pairs
from training.scoring import is_right, score_of
from training.services.exercises import answer_pair, start_exercise

LEFT, RIGHT = 1, 2


@require_POST
def exercise_start(request: AgencyRequest) -> HttpResponse:
    try:
        exercise = start_exercise(actor=request.actor)
    except Fault as fault:
        messages.error(request, fault.message)
        return redirect("training")
    return redirect("exercise", pk=exercise.pk)


@require_safe
def exercise(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The pair that waits for its answer; of an exercise that is over, its result."""
    found = exercise_for(request.actor, pk)
    if found.is_open:
        return _pair_page(request, found)
    if found.person_id != request.actor.user_id:
        record(request.actor, Action.EXERCISE_VIEWED, found, {"person": found.person_id})
    said = answered_pairs(found)
    outcomes = [
        {
            "pair": pair,
            "said": Disposition(disposition).label,
            "is_right": is_right(disposition, mated=pair.is_mated),
        }
        for pair, disposition in said
    ]
    score = score_of((pair.is_mated, disposition) for pair, disposition in said)
    context = {"exercise": found, "score": score, "outcomes": outcomes}
    return render(request, "training/result.html", context)


def _pair_page(request: AgencyRequest, found: Exercise, status: int = 200) -> HttpResponse:
    context = {
        "exercise": found,
        "position": next_position(found),
        "answers": Disposition.choices,
        "has_error": status != 200,
    }
    return render(request, "training/pair.html", context, status=status)


@require_POST
def exercise_answer(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Keep the answer about a pair, for good, and go on."""
    require_exercising(request.actor)
    found = exercise_for(request.actor, pk)
    try:
        position = int(request.POST.get("position", ""))
    except ValueError:
        position = 0
    try:
        answer_pair(
            actor=request.actor,
            exercise=found,
            position=position,
            disposition=request.POST.get("answer", ""),
        )
    except Fault as fault:
        if fault.code == "exercise_answer_unknown":
            return _pair_page(request, found, status=422)
        messages.error(request, fault.message)
    return redirect("exercise", pk=found.pk)


@require_safe
def exercise_picture(request: AgencyRequest, pk: UUID, position: int, side: int) -> HttpResponse:
    """One picture of a pair, drawn now; all have the same length."""
    pair = pair_for(request.actor, pk, position)
    if side == LEFT:
        return jpeg_response(padded_jpeg(left_picture(pair.left_person, pair.left_scene)))
    if side == RIGHT:
        drawn = right_picture(pair.right_person, pair.right_scene, model_seed=pair.left_person)
        return jpeg_response(padded_jpeg(drawn))
    raise Http404
