"""The closed lists of the procedure: where a search stands, and on what basis it is done."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """Where a search stands; docs/procedure.md has the picture, the database the rules."""

    AWAITING_AUTHORIZATION = "awaiting_authorization", _("Waiting for authorization")
    QUEUED = "queued", _("Being searched")
    EXAMINATION = "examination", _("Waiting for the examination")
    SECOND_EXAMINATION = "second_examination", _("Waiting for the second examination")
    ADJUDICATION = "adjudication", _("Waiting for the adjudication")
    CONCLUDED = "concluded", _("Concluded")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    ERASED = "erased", _("Erased")


# In these a round of examination is open; the value is its number.
ROUND_OF = {Stage.EXAMINATION: 1, Stage.SECOND_EXAMINATION: 2, Stage.ADJUDICATION: 3}
# In these nothing more happens by itself.
ENDED = frozenset({Stage.CONCLUDED, Stage.REFUSED, Stage.FAILED, Stage.EXPIRED, Stage.ERASED})
# In these the content of the search is gone.
CONTENT_GONE = frozenset({Stage.REFUSED, Stage.EXPIRED, Stage.ERASED})


class Basis(models.TextChoices):
    """On what ground the face may be searched for (EU AI Act Art. 26(10))."""

    INITIAL_IDENTIFICATION = (
        "initial_identification",
        _("Initial identification on stated facts"),
    )
    AUTHORIZED = "authorized", _("Authorized, with reference and document")
    URGENT = "urgent", _("Urgent, to be authorized within 48 hours")


class AuthorizationNeeded(models.TextChoices):
    """When another person of the agency has to authorize a search."""

    NONE = "none", _("Not needed")
    BEFORE = "before", _("Before the search")
    AFTER = "after", _("Within 48 hours after the search")
