"""What came of an act; every action has one outcome."""

from django.db import models
from django.utils.translation import pgettext_lazy

from portal.audit.actions import Action


class Outcome(models.TextChoices):
    DONE = "done", pgettext_lazy("outcome of an act", "Done")
    REFUSED = "refused", pgettext_lazy("outcome of an act", "Refused")
    FAILED = "failed", pgettext_lazy("outcome of an act", "Failed")


_OTHERS = {
    Action.LOGIN_FAILED: Outcome.REFUSED,
    Action.STAFF_SESSION_REFUSED: Outcome.REFUSED,
    Action.INVITATION_REFUSED: Outcome.REFUSED,
    Action.IMAGE_REJECTED: Outcome.REFUSED,
    Action.PROBE_REJECTED: Outcome.REFUSED,
    Action.SSO_REFUSED: Outcome.REFUSED,
    Action.SEARCH_FAILED: Outcome.FAILED,
    Action.HYGIENE_FAILED: Outcome.FAILED,
    Action.SCORES_FAILED: Outcome.FAILED,
    Action.OFFBOARDING_FAILED: Outcome.FAILED,
}


def outcome_of(action: Action) -> Outcome:
    """What an entry of this action says of the act."""
    return _OTHERS.get(action, Outcome.DONE)
