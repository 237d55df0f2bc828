"""What of the record waits until a search is concluded, for people who may still examine it.

Examinations are blind: who may take one learns of nobody else's before the conclusion, not even
that there is one. For everybody else the record is whole. docs/examination.md says why.
"""

from django.db.models import Q

from accounts.actor import Actor
from accounts.permissions import Permission
from oversight.alert_queries import entries_hidden_from
from portal.audit.actions import Action
from searches.models import Search, Stage

# Stages in which somebody may still take a round.
OPEN = (
    Stage.AWAITING_AUTHORIZATION,
    Stage.QUEUED,
    Stage.EXAMINATION,
    Stage.SECOND_EXAMINATION,
    Stage.ADJUDICATION,
)
EXAMINING = (Permission.EXAMINE, Permission.ADJUDICATE)


def may_examine(actor: Actor) -> bool:
    """Whether this person could take a round; a training that is missing may come tomorrow."""
    return any(one in actor.permissions | actor.withheld for one in EXAMINING)


def hidden_from(actor: Actor) -> Q | None:
    """The entries that this person must not see; None when that is nothing.

    Beside the examinations: what concerns an alert about themselves. Pages say that something is
    left out for the sake of blindness (`is_blind`), and nothing of alerts.
    """
    examinations, alerts = _examinations(actor), entries_hidden_from(actor)
    if examinations is None or alerts is None:
        return examinations or alerts
    return examinations | alerts


def is_blind(actor: Actor) -> bool:
    """Whether examinations are kept from this person now."""
    return _examinations(actor) is not None


def _examinations(actor: Actor) -> Q | None:
    if not may_examine(actor):
        return None
    waiting = [str(pk) for pk in Search.objects.filter(stage__in=OPEN).values_list("pk", flat=True)]
    if not waiting:
        return None
    # Of an unfinished search only its examiners have candidates before them.
    looked = Q(action=Action.CANDIDATES_VIEWED, subject_type="search", subject_id__in=waiting)
    # has_key comes first: without it, an entry of nothing is neither in the list nor out of it.
    return looked | Q(data__has_key="search", data__search__in=waiting)
