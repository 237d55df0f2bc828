"""The steps to a first examination, each known from what is in the database."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from searches.models import (
    Examination,
    ExaminationState,
)
from training.access import may_exercise
from training.models import Exercise
from training.steps import Step, learner


def examining_steps(actor: Actor) -> list[Step]:
    own = Examination.objects.filter(examiner_id=learner(actor))
    latest = own.exclude(state=ExaminationState.RETURNED).order_by("-started_at").first()
    submitted = own.filter(state=ExaminationState.SUBMITTED).first()
    shown = submitted or latest
    page = reverse("examination", args=[shown.pk]) if shown else ""
    steps = [
        Step(
            _("Take a search"),
            _("Your work lists what waits, the nearest deadline first, and says nothing of whose."),
            shown is not None,
            _("To my work"),
            reverse("work"),
        ),
        Step(
            _("Decide about every face and submit"),
            _(
                "Compare feature by feature; nobody tells you scores or names. “Cannot be decided”"
                " is an answer too."
            ),
            submitted is not None,
            _("To your examination"),
            page,
        ),
    ]
    return [*steps, *([_exercise(actor)] if may_exercise(actor) else [])]


def _exercise(actor: Actor) -> Step:
    ended = Exercise.objects.filter(person_id=learner(actor), ended_at__isnull=False)
    return Step(
        _("Try a proficiency exercise"),
        _("Pairs of faces of which it is known whether they show one person."),
        ended.exists(),
        _("To the exercises"),
        reverse("training") + "#exercises",
    )
