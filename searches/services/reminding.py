"""Reminders of what is due within a day: each once, remembered by the record itself."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.actor import system_actor
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.audit.recorder import record
from searches import work
from searches.mails import remind_authorizers, remind_examiners
from searches.models import Search
from searches.models.stage import ROUND_OF
from searches.services.stages import locked_search

AHEAD = timedelta(days=1)
AT_ONCE = 1000
AUTHORIZATION = "authorization"


def remind() -> int:
    """Remind of all that is due within a day in the agency of the scope; returns of how many."""
    decisions = work.authorizations().filter(_soon("deadline"))
    done = sum(_remind(one, AUTHORIZATION, remind_authorizers) for one in _new(decisions))
    for stage in ROUND_OF:
        rounds = work.unlocked().filter(_soon("due_at"), stage=stage)
        done += sum(_remind(one, stage, remind_examiners) for one in _new(rounds, of=stage))
    return done


def _soon(column: str) -> Q:
    now = timezone.now()
    return Q(**{f"{column}__gt": now, f"{column}__lte": now + AHEAD})


def _new(rows: "QuerySet[Search]", of: str = AUTHORIZATION) -> list[Search]:
    """Those of which nobody was reminded; a search is authorized, and has each round, once."""
    told = AuditEntry.objects.filter(
        agency_id=OuterRef("agency_id"),
        subject_type="search",
        subject_id=Cast(OuterRef("pk"), CharField()),
        action=Action.SEARCH_REMINDED,
        data__of=of,
    )
    return list(rows.filter(~Exists(told))[:AT_ONCE])


@transaction.atomic
def _remind(search: Search, of: str, tell: Callable[[Search], None]) -> int:
    locked = locked_search(search)
    if locked.stage != search.stage:
        return 0
    facts = {"case": str(locked.case_id), "of": str(of)}
    record(system_actor("timers", locked.agency_id), Action.SEARCH_REMINDED, locked, facts)
    tell(locked)
    return 1
