"""Moving a search along its stages; the database says which ways there are."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from searches.faults import Fault
from searches.mails import tell_of_stage
from searches.models import AuthorizationNeeded, Decision, Search, Stage
from searches.models.stage import ROUND_OF
from searches.services.announcing import announce


def locked_search(search: Search) -> Search:
    """The search as it is, held still until the transaction ends."""
    rows = Search.objects.select_for_update(of=("self",)).select_related("case", "probe")
    return rows.get(pk=search.pk)


def due(stage: str) -> datetime | None:
    """By when somebody should act on a search that reaches this stage now."""
    if stage == Stage.AWAITING_AUTHORIZATION:
        return timezone.now() + timedelta(days=settings.AUTHORIZATION_DAYS)
    if stage in ROUND_OF:
        return timezone.now() + timedelta(days=settings.EXAMINATION_DAYS)
    return None


def enter(search: Search, stage: Stage, **fields: Any) -> None:
    """Bring a locked search to a stage, in the open transaction; whom it concerns is told."""
    changed = {"stage": stage, "due_at": due(stage), **fields}
    Search.objects.filter(pk=search.pk).update(**changed)
    for name, value in changed.items():
        setattr(search, name, value)
    tell_of_stage(search)
    announce(search, state=str(fields.get("state", "")))


def is_locked(search: Search) -> bool:
    """Whether the results of an urgent search are locked: nobody authorized it in time."""
    return (
        search.authorization == AuthorizationNeeded.AFTER
        and search.authorize_by is not None
        and timezone.now() > search.authorize_by
        and not search.authorizations.filter(decision=Decision.APPROVED).exists()
    )


def require_unlocked(search: Search) -> None:
    if is_locked(search):
        raise Fault("results_locked")
