"""What can go wrong in training; raised as `searches.faults.Fault`, like everything below."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches.faults import FAULTS

TRAINING_FAULTS: dict[str, str | Promise] = {
    "exercise_attempts_used": _(
        "You have begun as many exercises as your agency allows within 30 days. Try again later."
    ),
    "exercise_answered": _("This pair was answered before. The first answer counts."),
    "exercise_answer_unknown": _("Choose one of the answers."),
    "exercise_over": _("The exercise is over. Its answers do not change any more."),
    "not_a_sandbox": _("This is not a training place. Practice takes place in one alone."),
    "practice_picture_unknown": _(
        "The picture of this search is none of the practice pictures, so the made-up examiners do"
        " not know who is in it. Search with one that the page “Training” offers."
    ),
    "practice_not_waiting": _("Nobody has to examine this search now."),
}
FAULTS |= TRAINING_FAULTS
